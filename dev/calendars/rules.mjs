// The rules to compare: RFC 5545's own examples that name days, cases that went wrong once, and
// rules made at random, always the same ones.

const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

// [first day, rule]; from RFC 5545, 3.8.5.3, without those that name hours.
const EXAMPLES = [
  ["1997-09-02", "FREQ=DAILY;COUNT=10"],
  ["1997-09-02", "FREQ=DAILY;UNTIL=19971224"],
  ["1997-09-02", "FREQ=DAILY;INTERVAL=2"],
  ["1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5"],
  ["1998-01-01", "FREQ=YEARLY;UNTIL=20000131;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA"],
  ["1998-01-01", "FREQ=DAILY;UNTIL=20000131;BYMONTH=1"],
  ["1997-09-02", "FREQ=WEEKLY;COUNT=10"],
  ["1997-09-02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU"],
  ["1997-09-02", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH"],
  ["1997-09-01", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224;WKST=SU;BYDAY=MO,WE,FR"],
  ["1997-09-02", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH"],
  ["1997-09-05", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR"],
  ["1997-09-05", "FREQ=MONTHLY;UNTIL=19971224;BYDAY=1FR"],
  ["1997-09-07", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU"],
  ["1997-09-22", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO"],
  ["1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3"],
  ["1997-09-02", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15"],
  ["1997-09-30", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1"],
  ["1997-09-10", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15"],
  ["1997-09-02", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU"],
  ["1997-06-10", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7"],
  ["1997-03-10", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3"],
  ["1997-01-01", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200"],
  ["1997-05-19", "FREQ=YEARLY;BYDAY=20MO"],
  ["1997-05-12", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"],
  ["1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH"],
  ["1997-06-05", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8"],
  ["1998-02-13", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"],
  ["1997-09-13", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13"],
  ["1996-11-05", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8"],
  ["1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3"],
  ["1997-09-29", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2"],
  ["1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO"],
  ["1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU"],
  ["2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5"],
];

const ONCE_WRONG = [
  ["2026-01-07", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1"],
  ["2026-01-07", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2"],
  ["2026-01-07", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1"],
  ["2026-01-07", "FREQ=WEEKLY;BYDAY=SU,MO,WE;BYSETPOS=1;WKST=SU"],
  ["2026-01-07", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;BYSETPOS=1,-1"],
  ["2026-01-07", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU;BYSETPOS=2;WKST=SU"],
  ["2026-01-07", "FREQ=WEEKLY;BYMONTH=1,7;BYDAY=MO,WE,FR;BYSETPOS=2"],
  ["2026-01-07", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1;COUNT=6"],
  ["2026-01-07", "FREQ=YEARLY;BYWEEKNO=20"],
  ["2026-01-07", "FREQ=YEARLY;BYWEEKNO=1"],
  ["2026-01-02", "FREQ=YEARLY;BYWEEKNO=53"],
  ["2026-01-07", "FREQ=YEARLY;BYWEEKNO=-1"],
  ["2026-01-07", "FREQ=YEARLY;BYWEEKNO=10,20,30;WKST=SU"],
  ["2026-01-07", "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=20"],
  ["2026-01-31", "FREQ=MONTHLY"],
  ["2026-01-30", "FREQ=MONTHLY;INTERVAL=2"],
  ["2028-02-29", "FREQ=YEARLY"],
  ["2026-01-31", "FREQ=YEARLY;BYMONTH=2,3"],
  ["2028-02-29", "FREQ=YEARLY;BYYEARDAY=366"],
  ["2026-01-07", "FREQ=DAILY;BYDAY=MO,FR;BYSETPOS=1"],
  ["2026-01-07", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO,WE;BYSETPOS=2"],
  ["2026-01-07", "FREQ=YEARLY;BYWEEKNO=10,20,30;BYSETPOS=-1"],
  ["2026-01-07", "FREQ=YEARLY;INTERVAL=3;BYWEEKNO=2,51;BYDAY=SA,SU,MO;BYSETPOS=1,-1"],
  ["2026-01-07", "FREQ=YEARLY;WKST=SU;BYWEEKNO=2,51;BYDAY=SA,SU,MO;BYSETPOS=2,-2"],
];

/** The same numbers on every run (mulberry32). */
function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function random(next) {
  const below = (n) => Math.floor(next() * n);
  const maybe = (chance) => next() < chance;
  const pick = (from) => from[below(from.length)];
  const some = (from, most) => {
    const left = [...from];
    const count = 1 + below(most);
    return Array.from({ length: count }, () => left.splice(below(left.length), 1)[0]);
  };
  const freq = pick(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY", "YEARLY"]);
  const parts = [`FREQ=${freq}`];
  const isOfWeeks = freq === "YEARLY" && maybe(0.35);
  const interval = maybe(0.4) ? 2 + below(3) : 1;
  if (interval > 1) parts.push(`INTERVAL=${interval}`);
  if (maybe(0.3)) parts.push(`WKST=${pick(["SU", "MO", "SA"])}`);
  if (maybe(isOfWeeks ? 0.1 : 0.3)) parts.push(`BYMONTH=${some([1, 2, 3, 5, 8, 12], 3)}`);
  let isNamed = false;
  if (isOfWeeks) {
    parts.push(`BYWEEKNO=${some(interval > 1 ? [2, 10, 20, 33, 51, -2, -10] : [1, 2, 10, 20, 52, 53, -1, -2, -53], 2)}`);
    if (maybe(0.5)) parts.push(`BYDAY=${some(WEEKDAYS, 3)}`);
  } else {
    if (freq === "YEARLY" && maybe(0.25)) {
      parts.push(`BYYEARDAY=${some([1, 60, 100, 200, 365, 366, -1, -60, -366], 3)}`);
      isNamed = true;
    }
    if (freq !== "WEEKLY" && maybe(0.35)) {
      parts.push(`BYMONTHDAY=${some([1, 2, 13, 15, 28, 29, 30, 31, -1, -2, -31], 4)}`);
      isNamed = true;
    }
    if (maybe(isNamed ? 0.25 : 0.6)) {
      const isNumbered = !isNamed && ["MONTHLY", "YEARLY"].includes(freq) && maybe(0.5);
      const nth = () => (isNumbered ? pick([1, 2, 3, 4, 5, -1, -2, -5]) : "");
      parts.push(`BYDAY=${some(WEEKDAYS, 4).map((day) => `${nth()}${day}`)}`);
      isNamed = true;
    }
    if (isNamed && maybe(0.4)) parts.push(`BYSETPOS=${some([1, 2, 3, -1, -2], 2)}`);
  }
  if (maybe(0.2)) parts.push(`COUNT=${1 + below(9)}`);
  else if (maybe(0.15)) parts.push(`UNTIL=${2026 + below(4)}0${1 + below(9)}1${below(10)}`);
  const day = new Date(Date.UTC(2026, 0, 1 + below(1100)));
  return [day.toISOString().slice(0, 10), parts.join(";")];
}

export function rules() {
  const next = numbers(5545);
  const made = Array.from({ length: 400 }, () => random(next));
  return [...EXAMPLES, ...ONCE_WRONG, ...made];
}
