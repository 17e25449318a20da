// Writes tests/events/expected_recurrences.json; see README.md. By hand: npm install && npm run expect

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { definition, icalJs, rruleTemporal } from "./libraries.mjs";
import { rules } from "./rules.mjs";

const MOST_DAYS = 12;
const FILE = fileURLToPath(new URL("../../tests/events/expected_recurrences.json", import.meta.url));

function days(read, first, rule) {
  try {
    return read(first, rule, MOST_DAYS).join(" ");
  } catch {
    return null; // the library refuses the rule
  }
}

/** In a process of its own, as ical.js looks for ever for the days of some rules. */
function icalJsDays(first, rule) {
  const run = spawnSync(process.execPath, [process.argv[1], first, rule], { timeout: 5000, encoding: "utf8" });
  return run.status === 0 ? run.stdout : null;
}

function write() {
  const counts = {};
  const lines = rules().map(([first, rule]) => {
    const expected = days(definition, first, rule);
    const agree = [];
    if (days(rruleTemporal, first, rule) === expected) agree.push("rrule-temporal");
    if (icalJsDays(first, rule) === expected) agree.push("ical.js");
    const by = agree.join(" and ") || "neither";
    counts[by] = (counts[by] ?? 0) + 1;
    return JSON.stringify({ rule, first, days: expected.split(" ").filter(Boolean), agree });
  });
  writeFileSync(FILE, `[\n${lines.join(",\n")}\n]\n`);
  console.log(`${lines.length} rules. The definition agrees with:`, counts);
}

if (process.argv.length > 2) process.stdout.write(days(icalJs, ...process.argv.slice(2)) ?? process.exit(1));
else write();
