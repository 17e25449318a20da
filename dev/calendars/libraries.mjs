// What two libraries and the definition itself say: the first days of a rule, as ISO dates.

import ICAL from "ical.js";
import { RRuleTemporal } from "rrule-temporal";

const LAST_YEAR = 2060;

/** The rule with an end at which libraries stop to look for days that never come; and its COUNT. */
function ended(rule, most) {
  const count = Number(/COUNT=([0-9]+)/.exec(rule)?.[1] ?? most);
  const endless = rule.replace(/;COUNT=[0-9]+/, "");
  const isEnded = endless.includes("UNTIL=");
  return [isEnded ? endless : `${endless};UNTIL=${LAST_YEAR}1231`, Math.min(count, most)];
}

export function icalJs(first, rule, most) {
  const [text, count] = ended(rule, most);
  const days = [];
  const iterator = ICAL.Recur.fromString(text).iterator(ICAL.Time.fromDateString(first));
  while (days.length < count) {
    const next = iterator.next();
    if (!next) break;
    days.push(next.toString());
  }
  return days;
}

export function rruleTemporal(first, rule, most) {
  const [text, count] = ended(rule, most);
  // Times in UTC: there UNTIL as a day counts to its end.
  const start = `DTSTART;TZID=UTC:${first.replaceAll("-", "")}T000000`;
  const made = new RRuleTemporal({ rruleString: `${start}\nRRULE:${text}` });
  return made.all((_, index) => index < count).map((day) => day.toString().slice(0, 10));
}

const DAY = 86_400_000;
const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/**
 * RFC 5545, 3.3.10, taken at its word and without any speed: all days of each interval, those
 * that every BY… part names, and of them what BYSETPOS chooses.
 */
export function definition(first, rule, most) {
  const parts = Object.fromEntries(rule.split(";").map((part) => part.split("=")));
  const list = (name) => parts[name]?.split(",");
  const start = Date.parse(first);
  const at = (time) => {
    const date = new Date(time);
    return { time, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() };
  };
  const begin = at(start);
  const weekStart = WEEKDAYS.indexOf(parts.WKST ?? "MO");
  // "Information, not contained in the rule, […] derived from the Start Time."
  const isDayNamed = ["BYDAY", "BYMONTHDAY", "BYYEARDAY"].some((name) => name in parts);
  if (!isDayNamed && (parts.FREQ === "WEEKLY" || "BYWEEKNO" in parts)) {
    parts.BYDAY = WEEKDAYS[begin.weekday];
  } else if (!isDayNamed && parts.FREQ !== "DAILY") {
    parts.BYMONTHDAY = String(begin.day);
    if (parts.FREQ === "YEARLY") parts.BYMONTH ??= String(begin.month);
  }
  const counted = (position, length, wanted) => wanted.some((each) => Number(each) === position || Number(each) === position - length - 1);
  const isNamed = ({ time, year, month, day, weekday }) => {
    const monthLength = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const yearBegin = Date.UTC(year, 0, 1);
    const yearLength = (Date.UTC(year + 1, 0, 1) - yearBegin) / DAY;
    const yearDay = (time - yearBegin) / DAY + 1;
    if (parts.BYMONTH && !list("BYMONTH").includes(String(month))) return false;
    if (parts.BYMONTHDAY && !counted(day, monthLength, list("BYMONTHDAY"))) return false;
    if (parts.BYYEARDAY && !counted(yearDay, yearLength, list("BYYEARDAY"))) return false;
    if (parts.BYWEEKNO && !counted(...week(time, weekStart), list("BYWEEKNO"))) return false;
    if (!parts.BYDAY) return true;
    const isInMonth = parts.FREQ === "MONTHLY" || "BYMONTH" in parts;
    const [position, length] = isInMonth ? [day, monthLength] : [yearDay, yearLength];
    return list("BYDAY").some((each) => {
      const number = Number(each.slice(0, -2) || 0);
      if (each.slice(-2) !== WEEKDAYS[weekday]) return false;
      const forwards = Math.ceil(position / 7);
      const backwards = Math.ceil((length - position + 1) / 7);
      return number === 0 || number === forwards || number === -backwards;
    });
  };
  const days = [];
  const until = parts.UNTIL ? Date.parse(`${parts.UNTIL.slice(0, 4)}-${parts.UNTIL.slice(4, 6)}-${parts.UNTIL.slice(6, 8)}`) : Infinity;
  const count = Math.min(most, Number(parts.COUNT ?? Infinity));
  for (let index = 0; days.length < count; index += Number(parts.INTERVAL ?? 1)) {
    const [from, to] = interval(parts.FREQ, begin, index, weekStart);
    if (from > until || at(from).year > LAST_YEAR) break;
    let set = [];
    for (let time = from; time < to; time += DAY) if (isNamed(at(time))) set.push(time);
    const length = set.length;
    if (parts.BYSETPOS) set = set.filter((_, place) => counted(place + 1, length, list("BYSETPOS")));
    days.push(...set.filter((time) => time >= start && time <= until));
  }
  return days.slice(0, count).map((time) => new Date(time).toISOString().slice(0, 10)).filter((day) => Number(day.slice(0, 4)) <= LAST_YEAR);
}

function interval(freq, { time, year, month, weekday }, index, weekStart) {
  if (freq === "DAILY") return [time + index * DAY, time + (index + 1) * DAY];
  if (freq === "WEEKLY") {
    const begin = time - ((weekday - weekStart + 7) % 7) * DAY;
    return [begin + index * 7 * DAY, begin + (index + 1) * 7 * DAY];
  }
  if (freq === "MONTHLY") return [Date.UTC(year, month - 1 + index), Date.UTC(year, month + index)];
  return [Date.UTC(year + index, 0), Date.UTC(year + index + 1, 0)];
}

/** The number of the day's week, and how many weeks its year has: a week is of the year in which most of it lies. */
function week(time, weekStart) {
  const begin = time - ((new Date(time).getUTCDay() - weekStart + 7) % 7) * DAY;
  const year = new Date(begin + 3 * DAY).getUTCFullYear();
  const firstOf = (of) => {
    const fourth = Date.UTC(of, 0, 4); // always in week 1
    return fourth - ((new Date(fourth).getUTCDay() - weekStart + 7) % 7) * DAY;
  };
  const first = firstOf(year);
  return [(begin - first) / (7 * DAY) + 1, (firstOf(year + 1) - first) / (7 * DAY)];
}
