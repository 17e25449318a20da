"""Calendars show the rows of a series, with any rule, zone and exceptions.

In memory: the file is made of rows, wherever they come from.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import BadValue
from events.ical_files import series_file
from events.models import Event, Series
from tests.events.calendars import entries_shown, read, rows_as_entries

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # needs no server

WRITTEN = 40  # days of a rule without an end
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
# Clock changes at other hours, by half an hour, twice around Ramadan, or none.
ZONES = {
    "Europe/Berlin": ["2026-03-27", "2026-10-23", "2027-01-31"],
    "America/New_York": ["2026-03-06", "2026-10-30", "2028-02-29"],
    "Australia/Lord_Howe": ["2026-04-03", "2026-10-02", "2026-12-31"],
    "Africa/Casablanca": ["2026-02-13", "2026-03-20", "2026-07-01"],
    "Africa/Cairo": ["2026-04-23", "2026-10-29", "2026-07-01"],
    "Pacific/Apia": ["2026-01-05", "2026-06-30", "2027-02-28"],
    "Asia/Kathmandu": ["2026-01-31", "2026-05-01", "2028-02-29"],
    "UTC": ["2026-01-31", "2026-05-01", "2028-02-29"],
}
TIMES = [time(19), time(2, 30), time(2), time(1, 45), time(0), time(23, 59, 59), time(0, 30)]
LENGTHS = [timedelta(hours=hours) for hours in (0.5, 1, 2, 6, 24, 30)]


def new_series(*, zone: str, at: time, duration: timedelta, first: str, pattern: str) -> Series:
    series = Series(
        pk=5,
        title="Jazz",
        location="Cellar",
        recurrence_pattern=pattern,
        timezone=zone,
        local_time=at,
        duration=duration,
        first_day=date.fromisoformat(first),
        updated_at=NOON,
    )
    series.first_day = next(series.recurrence.days(series.first_day), series.first_day)
    return series


def written(series: Series) -> list[Event]:
    """Return the rows that the services would create; set `next_day`."""
    rule = series.recurrence
    days = rule.days(series.first_day)
    kept = list(islice(days, WRITTEN)) if rule.is_open else rule.bounded_days(series.first_day)
    series.next_day = next(days, None) if rule.is_open else None
    return [
        Event(
            pk=number,
            title=series.title,
            location=series.location,
            timezone=series.timezone,
            start_time=series.start_on(day),
            end_time=series.end_on(day),
            series_day=day,
            updated_at=NOON,
        )
        for number, day in enumerate(kept, start=1)
    ]


def check(series: Series, rows: list[Event]) -> None:
    start = min([row.start_time for row in rows] + [series.start_on(series.first_day)])
    end = max([row.end_time for row in rows], default=start)
    if series.next_day is not None:  # from there on calendars only have the rule
        end = series.start_on(series.next_day)
    day = timedelta(days=1)
    until = end if series.next_day else end + day
    assert entries_shown(series_file(series, rows), start - day, until) == rows_as_entries(rows)


@st.composite
def patterns(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        return draw(st.sampled_from(["daily", "weekly", "biweekly", "monthly", "yearly"]))
    days = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1,
                    max_size=3, unique=True).map(",".join)  # fmt: skip
    month_days = st.lists(st.sampled_from(["1", "13", "28", "31", "-1", "-2"]), min_size=1,
                          max_size=3, unique=True).map(",".join)  # fmt: skip
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 3))}"]
    positions = f"BYSETPOS={draw(st.sampled_from(['1', '-1', '1,-1']))}"
    if freq in ("DAILY", "WEEKLY"):
        among = [f"BYDAY={draw(days)}", positions]
        parts += draw(st.sampled_from([[], among[:1], *([among] if freq == "WEEKLY" else [])]))
    else:
        months = ["BYMONTH=3,10"] if freq == "YEARLY" else []
        numbered = f"BYDAY={draw(st.sampled_from(['1', '2', '-1']))}{draw(days)[:2]}"
        among = [f"BYDAY={draw(days)}", positions]
        by_day = st.sampled_from([[f"BYMONTHDAY={draw(month_days)}"], [numbered], among])
        parts += draw(st.sampled_from([[], months + draw(by_day)]))
    ends = ["", f"COUNT={draw(st.integers(1, 25))}", "UNTIL=20280630T120000Z", "UNTIL=20261101"]
    return ";".join([*parts, draw(st.sampled_from(ends))]).removesuffix(";")


@st.composite
def plans(draw: st.DrawFn) -> tuple[Series, list[Event]]:
    """A series with its rows, some of them moved, renamed, cancelled, relocated or deleted."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    try:
        series = new_series(
            zone=zone,
            at=draw(st.sampled_from(TIMES)),
            duration=draw(st.sampled_from(LENGTHS)),
            first=draw(st.sampled_from(ZONES[zone])),
            pattern=draw(patterns()),
        )
        rows = written(series)
    except BadValue:
        assume(False)
    changes = st.sampled_from(["moved", "longer", "renamed", "cancelled", "gone", "dayless", ""])
    assume(rows)
    kept = []
    for row, change in zip(rows, draw(st.lists(changes, max_size=8)) + [""] * 400, strict=False):
        _change(row, change)
        if change != "gone":
            kept.append(row)
    return series, kept


def _change(row: Event, change: str) -> None:
    if change in ("moved", "dayless"):
        row.start_time += timedelta(minutes=90)
        row.end_time += timedelta(minutes=90)
    if change == "dayless":
        row.series_day = None
    if change == "longer":
        row.end_time += timedelta(hours=1)
    if change == "renamed":
        row.title = "Other jazz"
    if change == "cancelled":
        row.status = Event.Status.CANCELLED


@settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much])
@given(plan=plans())
def test_calendar_shows_the_rows(plan: tuple[Series, list[Event]]) -> None:
    check(*plan)


def berlin(first: str, at: time, pattern: str, hours: float = 2) -> Series:
    length = timedelta(hours=hours)
    return new_series(zone="Europe/Berlin", at=at, duration=length, first=first, pattern=pattern)


def entries(series: Series, rows: list[Event]) -> list[Any]:
    """Return the entries of the file: the series and its exceptions."""
    return read(series_file(series, rows)).events


@pytest.mark.parametrize(("first", "hours"), [("2026-03-22", [18, 17]), ("2026-10-18", [17, 18])])
def test_weekly_start_keeps_its_local_time(first: str, hours: list[int]) -> None:
    series = berlin(first, time(19), "FREQ=WEEKLY;COUNT=2")
    rows = written(series)
    check(series, rows)
    assert [row.start_time.hour for row in rows] == hours
    assert len(entries(series, rows)) == 1  # the rule alone


@pytest.mark.parametrize(
    ("first", "at", "night"),
    [
        ("2026-03-28", time(22), 0),  # across the clock change
        ("2026-03-28", time(2, 30), 1),  # in the skipped hour
        ("2026-10-24", time(2, 30), 1),  # in the repeated hour
        ("2026-10-24", time(18, 30), 0),  # ends in it
    ],
)
def test_night_of_a_clock_change_is_an_exception(first: str, at: time, night: int) -> None:
    series = berlin(first, at, "FREQ=DAILY;COUNT=3", hours=8)
    rows = written(series)
    check(series, rows)
    _, exception = entries(series, rows)
    row = rows[night]
    assert (exception.start, exception.end) == (row.start_time, row.end_time)
    assert exception["RECURRENCE-ID"].dt.date() == row.series_day


def test_deleted_dates_are_excluded() -> None:
    series = berlin("2026-05-01", time(19), "FREQ=DAILY;COUNT=4")
    first, _, third, _ = written(series)
    raw = series_file(series, [first, third])
    assert b"\r\nEXDATE;TZID=Europe/Berlin:20260502T190000,20260504T190000\r\n" in raw
    check(series, [first, third])


def test_exception_has_the_uid_and_day_of_the_series() -> None:
    series = berlin("2026-05-01", time(19), "weekly")
    rows = written(series)
    _change(rows[1], "moved")
    master, exception = entries(series, rows)
    assert exception["UID"] == master["UID"]
    assert exception["RECURRENCE-ID"].dt == series.start_on(date(2026, 5, 8))
    assert "RRULE" not in exception


def test_exception_is_never_older_than_its_series() -> None:
    series = berlin("2026-05-01", time(19), "weekly")
    series.sequence = 7
    rows = written(series)
    _change(rows[1], "moved")
    rows[1].sequence = 2
    master, exception = entries(series, rows)
    assert (master["SEQUENCE"], exception["SEQUENCE"]) == (7, 9)


def test_date_outside_the_rule_is_an_event_of_its_own() -> None:
    series = berlin("2026-05-01", time(19), "FREQ=WEEKLY;COUNT=2")
    rows = written(series)
    _change(rows[1], "dayless")
    _, alone = entries(series, rows)
    assert (str(alone["UID"]).partition("@")[0], "RECURRENCE-ID" in alone) == ("event-2", False)
    check(series, rows)


def test_open_rule_continues_and_a_cancelled_one_ends() -> None:
    series = berlin("2026-05-01", time(19), "weekly")
    rows = written(series)
    assert "UNTIL" not in entries(series, rows)[0]["RRULE"]
    series.status, series.next_day = Event.Status.CANCELLED, None
    for row in rows[1:]:
        _change(row, "cancelled")
    master, held = entries(series, rows)
    assert master["RRULE"]["UNTIL"] == [rows[-1].start_time]
    assert (master["STATUS"], held["STATUS"]) == ("CANCELLED", "CONFIRMED")
    check(series, rows)


def test_series_without_days_shows_its_rows() -> None:
    series = berlin("2026-05-01", time(19), "weekly")
    rows = written(series)[:1]
    rows[0].series_day, series.next_day = None, None
    assert [str(entry["UID"]).partition("@")[0] for entry in entries(series, rows)] == ["event-1"]
    raw = series_file(series, [])
    assert [component.name for component in read(raw).subcomponents] == [
        "VTIMEZONE"
    ]  # RFC 5545, 3.4


def test_name_of_the_calendar_is_escaped() -> None:
    series = berlin("2026-05-01", time(19), "weekly")
    series.title = "Jazz; a, b"
    raw = series_file(series, written(series))
    assert b"\r\nNAME:Jazz\\; a\\, b\r\n" in raw
    assert b"\r\nX-WR-CALNAME:Jazz\\; a\\, b\r\n" in raw


@pytest.mark.parametrize(
    ("first", "pattern", "expected"),
    [
        ("2026-05-31", "monthly", "FREQ=MONTHLY;BYMONTHDAY=31"),
        ("2028-02-29", "yearly", "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2"),
        ("2026-05-28", "monthly", "FREQ=MONTHLY"),
        ("2026-05-13", "FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYDAY=WE;BYWEEKNO=20"),
        ("2026-05-13", "FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=2", "FREQ=WEEKLY;BYDAY=WE"),
    ],
    ids=["31st", "leap day", "28th", "week number", "position"],
)
def test_rule_of_the_file_is_explicit(first: str, pattern: str, expected: str) -> None:
    series = berlin(first, time(19), pattern)
    rows = written(series)
    [master] = entries(series, rows)
    assert master["RRULE"].to_ical().decode() == expected
    check(series, rows)


def test_rule_of_utc_needs_no_zone() -> None:
    series = new_series(
        zone="UTC",
        at=time(19),
        duration=timedelta(hours=2),
        first="2026-05-01",
        pattern="FREQ=WEEKLY;UNTIL=20260601",
    )
    raw = series_file(series, written(series))
    assert b"\r\nDTSTART:20260501T190000Z\r\n" in raw
    assert b"\r\nRRULE:FREQ=WEEKLY;UNTIL=20260601T190000Z\r\n" in raw
    assert b"VTIMEZONE" not in raw
