"""VTIMEZONE, as computed by a reader without time zone data of its own."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from icalendar import Calendar, Timezone

from core.ical.vtimezones import vtimezone
from core.validators import FIRST_YEAR, LAST_YEAR, TIMEZONES

# Needs no server.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

SECOND = timedelta(seconds=1)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Casablanca",  # no rule; an hour less in Ramadan
    "America/Sao_Paulo",  # daylight saving time was abolished
    "Pacific/Apia",  # left a day out
    "Asia/Tehran",
    "Antarctica/Troll",  # two hours at once
    "Europe/Dublin",  # winter time is the exception
    "Africa/Cairo",  # the rule's days are in two months
    "Asia/Gaza",  # a rule from 2087 on
    "America/Nuuk",  # changes on the day before
    "Australia/Lord_Howe",  # half an hour
    "UTC",
]


def text(tzid: str) -> str:
    return str(vtimezone(tzid).to_ical(), "utf-8").replace("\r\n ", "").replace("\r\n", "\n")


def component(tzid: str) -> Timezone:
    """Return the component as a reader parses it."""
    zone = vtimezone(tzid).to_ical()
    head = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n"
    parsed = Calendar.from_ical(head + zone + b"END:VCALENDAR\r\n")
    [read] = parsed.walk("VTIMEZONE")
    assert isinstance(read, Timezone)
    return read


def onsets(read: Timezone) -> list[tuple[datetime, timedelta]]:
    """Return the instants at which an offset begins: DTSTART, RRULE and RDATE by TZOFFSETFROM."""
    found: set[tuple[datetime, timedelta]] = set()
    for part in read.subcomponents:
        local = {part.DTSTART}
        if "RRULE" in part:
            written = part["RRULE"].to_ical()
            assert isinstance(written, bytes)
            rule = rrulestr(written.decode(), dtstart=part.DTSTART)
            local.update(rule.between(part.DTSTART, datetime(LAST_YEAR + 1, 7, 1)))
        lists = part.get("RDATE", [])
        for dates in lists if isinstance(lists, list) else [lists]:
            local.update(onset.dt for onset in dates.dts)
        utc = (onset.replace(tzinfo=UTC) - part.TZOFFSETFROM for onset in local)
        found.update((at, part.TZOFFSETTO) for at in utc)
    return sorted(found)


def offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def points() -> Iterator[datetime]:
    """Return two instants of each year."""
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        yield datetime(year, 1, 15, 12, tzinfo=UTC)
        yield datetime(year, 7, 15, 12, tzinfo=UTC)


def test_vtimezone_of_every_zone_has_its_offsets() -> None:
    probes = list(points())
    checked = {}
    for tzid in sorted(TIMEZONES):
        expected = tuple(offset(at, ZoneInfo(tzid)) for at in probes)
        if expected in checked:  # one zone under several names
            continue
        changes = onsets(component(tzid))
        starts = [at for at, _ in changes]
        read = tuple(changes[bisect_right(starts, at) - 1][1] for at in probes)
        assert read == expected, tzid
        checked[expected] = tzid
    assert len(checked) > 200


@pytest.mark.parametrize("tzid", ZONES)
def test_vtimezone_changes_at_the_second(tzid: str) -> None:
    zone, changes = ZoneInfo(tzid), onsets(component(tzid))
    for (at, after), (_, before) in zip(changes[1:], changes, strict=False):
        assert (offset(at - SECOND, zone), offset(at, zone)) == (before, after), at


@pytest.mark.parametrize("tzid", ZONES)
def test_vtimezone_leaves_no_change_out(tzid: str) -> None:
    """Day by day, where zones change twice in a short time."""
    zone, changes = ZoneInfo(tzid), onsets(component(tzid))
    starts = [at for at, _ in changes]
    day = datetime(2000, 1, 1, 12, tzinfo=UTC)
    while day.year < 2040:
        assert changes[bisect_right(starts, day) - 1][1] == offset(day, zone), day
        day += timedelta(days=1)


@pytest.mark.parametrize("tzid", ZONES)
def test_vtimezone_is_read_by_the_library_without_its_own_data(tzid: str) -> None:
    zone, read = ZoneInfo(tzid), component(tzid).to_tz(lookup_tzid=False)
    for year in (1975, 1999, 2026, 2050, 2120, 2199):
        for month in (1, 4, 7, 11):
            local = datetime(year, month, 15, 12)
            expected = local.replace(tzinfo=zone).utcoffset()
            assert local.replace(tzinfo=read).utcoffset() == expected, local


@pytest.mark.parametrize(
    ("tzid", "rules"),
    [
        ("Europe/Berlin", ["BYDAY=-1SU;BYMONTH=3", "BYDAY=-1SU;BYMONTH=10"]),
        ("America/New_York", ["BYDAY=2SU;BYMONTH=3", "BYDAY=1SU;BYMONTH=11"]),
        (
            "Africa/Cairo",
            [
                "BYDAY=-1FR;BYMONTH=4",
                "BYDAY=FR;BYMONTHDAY=26,27,28,29,30,31;BYMONTH=10",
                "BYDAY=FR;BYMONTHDAY=1;BYMONTH=11",
            ],
        ),
        ("Africa/Casablanca", []),
        ("America/Sao_Paulo", []),
        ("Asia/Kolkata", []),
        ("UTC", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_vtimezone_has_the_yearly_rules_of_the_zone(tzid: str, rules: list[str]) -> None:
    found = [line.removeprefix("RRULE:") for line in text(tzid).split("\n") if "RRULE" in line]
    assert sorted(found) == sorted(f"FREQ=YEARLY;{rule}" for rule in rules)


@pytest.mark.parametrize(
    ("tzid", "daylight"),
    [("Europe/Berlin", "CEST"), ("Europe/Dublin", "IST"), ("Antarctica/Troll", "+02")],
)
def test_vtimezone_calls_the_later_clock_daylight(tzid: str, daylight: str) -> None:
    parts = [part for part in component(tzid).subcomponents if "RRULE" in part]
    assert {part.name: str(part["TZNAME"]) for part in parts}["DAYLIGHT"] == daylight
    later = {part.name: part.TZOFFSETTO for part in parts}
    assert later["DAYLIGHT"] > later["STANDARD"]


def test_vtimezone_lists_each_single_date_in_a_property_of_its_own() -> None:
    """Some programs read the first date of a list only, and no DTSTART beside RDATE."""
    parts = text("Africa/Casablanca").split("BEGIN:")
    listed = [part.split("\n") for part in parts if "RDATE" in part]
    assert listed
    for lines in listed:
        starts = [line.removeprefix("DTSTART:") for line in lines if line.startswith("DTSTART")]
        dates = [line.removeprefix("RDATE:") for line in lines if line.startswith("RDATE")]
        assert dates[:1] == starts
        assert not [date for date in dates if "," in date]
