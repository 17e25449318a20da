"""The days of rules are those of RFC 5545, compared with other libraries.

`expected_recurrences.json` is written by hand-run scripts: dev/calendars/README.md.
"""

import json
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from core.errors import BadValue
from events.recurrence import Recurrence
from tests.ids import short_id

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # needs no server

EXPECTED: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("expected_recurrences.json").read_text()
)
LAST_YEAR = 2060  # of the expected days
ZONE = ZoneInfo("UTC")


def parse(rule: str) -> Recurrence:
    return Recurrence.parse(rule, zone=ZONE, at=time(0))


def days(rule: str, first: str, most: int) -> list[str]:
    found = parse(rule).days(date.fromisoformat(first))
    return [day.isoformat() for day in islice(found, most) if day.year <= LAST_YEAR]


def emitted(rule: str, first: str) -> str:
    """The RRULE of a calendar file."""
    return parse(rule).spelled_out(date.fromisoformat(first)).rrule(zone=ZONE, at=time(0))


def test_rules_have_the_days_of_the_standard() -> None:
    assert len(EXPECTED) > 400
    for case in EXPECTED:
        rule, expected = case["rule"], case["days"]
        # One more than expected shows whether it ends there; twelve are all that were written.
        most = len(expected) + (len(expected) < 12)
        assert days(rule, case["first"], most) == expected, case


def test_expectations_are_those_of_another_library() -> None:
    """Except for six rules that other libraries do not support."""
    alone = [case["rule"] for case in EXPECTED if not case["agree"]]
    assert len(alone) == 6
    assert {"BYYEARDAY" in rule for rule in alone} == {True}


def test_rest_of_a_rule_can_begin_at_any_of_its_days() -> None:
    """A series that is split keeps its days."""
    for case in EXPECTED:
        expected = [date.fromisoformat(day) for day in case["days"]]
        for index, day in enumerate(expected):
            rest = parse(case["rule"]).going_on_from(day, first=date.fromisoformat(case["first"]))
            found = list(islice(rest.days(day), len(expected) - index))
            assert found == expected[index:], (case, day)


def is_read_in_several_ways(rule: str) -> bool:
    """Return whether dateutil, and calendar programs that use it, misread the rule (ADR 20)."""
    parts = dict(part.split("=") for part in rule.split(";"))
    turns_year = {"1", "52", "53", "-1", "-52", "-53"} & set(parts.get("BYWEEKNO", "").split(","))
    is_cut_week = parts["FREQ"] == "WEEKLY" and {"BYMONTH", "BYSETPOS"} <= parts.keys()
    return bool(turns_year) or is_cut_week


def test_dateutil_reads_emitted_rules_correctly() -> None:
    """Return the days of a calendar program that reads rules like dateutil."""
    checked = 0
    for case in EXPECTED:
        if not case["days"] or is_read_in_several_ways(case["rule"]):
            continue
        first = case["days"][0]
        start = datetime.combine(date.fromisoformat(first), time.min, tzinfo=UTC)
        read = rrulestr(emitted(case["rule"], first), dtstart=start)
        found = [moment.date().isoformat() for moment in islice(read, len(case["days"]))]
        assert found == case["days"], case
        checked += 1
    assert checked > 350


@pytest.mark.parametrize(
    ("rule", "first", "expected"),
    [
        ("monthly", "2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=31"),
        ("monthly", "2026-01-29", "FREQ=MONTHLY;BYMONTHDAY=29"),
        ("monthly", "2026-01-28", "FREQ=MONTHLY"),
        ("FREQ=MONTHLY;INTERVAL=2;COUNT=3", "2026-01-30",
         "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=30;COUNT=3"),
        ("yearly", "2028-02-29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
        ("FREQ=YEARLY;BYMONTH=3,5", "2026-03-31", "FREQ=YEARLY;BYMONTH=3,5;BYMONTHDAY=31"),
        ("FREQ=MONTHLY;BYDAY=-1SA", "2026-01-31", "FREQ=MONTHLY;BYDAY=-1SA"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("weekly", "2026-01-31", "FREQ=WEEKLY"),
        ("FREQ=YEARLY;BYWEEKNO=20", "2026-05-13", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=WE"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1", "2026-01-09", "FREQ=WEEKLY;BYDAY=FR"),
        ("FREQ=WEEKLY;BYDAY=SU,MO,WE;BYSETPOS=1,3;WKST=SU", "2026-01-07",
         "FREQ=WEEKLY;BYDAY=SU,WE;WKST=SU"),
    ],
    ids=short_id,
)  # fmt: skip
def test_emitted_rule_spells_out_what_calendars_guess(rule: str, first: str, expected: str) -> None:
    assert emitted(rule, first) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1",
        "FREQ=YEARLY;INTERVAL=3;BYWEEKNO=20,53;BYDAY=MO",
        "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO,FR;BYSETPOS=1",
    ],
)
def test_weeks_across_years_are_refused_in_counted_yearly_rules(rule: str) -> None:
    with pytest.raises(BadValue, match="can lie in two years") as refusal:
        parse(rule).check_weeks()
    assert (refusal.value.field, refusal.value.code) == ("recurrence_pattern", "unknown_recurrence")


@pytest.mark.parametrize(
    "rule", ["FREQ=YEARLY;BYWEEKNO=1,53", "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=20", "weekly"]
)
def test_other_weeks_are_accepted(rule: str) -> None:
    parse(rule).check_weeks()
