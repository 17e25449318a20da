"""The VTIMEZONE of a zone (RFC 5545, 3.6.5): its changes of clocks between two days.

For readers without a database of zones. `Timezone.from_tzinfo` of the library
says the hour in which clocks go forward by the new offset, so that these would
change an hour late, and steps over changes that are a month apart (Morocco's).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


def vtimezone(tzid: str, *, first: date, last: date) -> Timezone:
    zone = ZoneInfo(tzid)
    component = Timezone()
    component.add("tzid", tzid)
    begin = datetime.combine(first, time.min, tzinfo=UTC)
    end = datetime.combine(last, time.min, tzinfo=UTC)
    onsets = [(begin, _offset(begin, zone)), *_changes(zone, begin, end)]
    alike: dict[tuple[timedelta, timedelta, str | None, bool], list[datetime]] = {}
    for at, before in onsets:
        local = at.astimezone(zone)
        key = (before, _offset(at, zone), local.tzname(), bool(local.dst()))
        alike.setdefault(key, []).append((at + before).replace(tzinfo=None))
    for (before, after, name, is_daylight), (onset, *more) in alike.items():
        part = TimezoneDaylight() if is_daylight else TimezoneStandard()
        part.add("dtstart", onset)
        part.TZOFFSETFROM, part.TZOFFSETTO = before, after
        part.add("tzname", name)
        if more:
            part.add("rdate", more)
        component.add_component(part)
    return component


def _changes(
    zone: ZoneInfo, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, timedelta]]:
    """Each change of the offset, to the second, with the offset before it."""
    while begin < end:
        before, then = _offset(begin, zone), begin + _DAY
        if _offset(then, zone) != before:
            low, high = begin, then
            while high - low > _SECOND:
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
            yield high, before
        begin = then


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
