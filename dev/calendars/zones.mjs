// Reads our VTIMEZONE components with ical.js (Thunderbird's library) and compares the offsets
// with those that zones.py has computed; see README.md.

import ICAL from "ical.js";
import { readFileSync } from "node:fs";

let wrong = 0;
for (const { tzid, component, points } of JSON.parse(readFileSync(0))) {
  const file = ICAL.parse(`BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${component}END:VCALENDAR\r\n`);
  const zone = new ICAL.Timezone(new ICAL.Component(file).getFirstSubcomponent("vtimezone"));
  for (const [local, offset] of points) {
    const time = ICAL.Time.fromDateTimeString(local);
    time.zone = zone;
    const read = zone.utcOffset(time);
    if (read !== offset) {
      wrong += 1;
      console.log(`${tzid} ${local}: ${read} instead of ${offset}`);
    }
  }
}
console.log(wrong ? `${wrong} offsets are wrong.` : "All offsets are right.");
process.exitCode = wrong ? 1 : 0;
