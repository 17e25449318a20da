"""The VTIMEZONE of a time zone (RFC 5545, 3.6.5): all its clock changes from 1970 to 2200.

Calendar programs keep one definition per TZID and read every event with it. So the
component depends only on the TZID, not on the events of the file, and is valid for
every time that an event can have (docs/adr/0020).

Changes that come back every year are RRULEs; all others are listed as RDATEs. The
rules are found in the changes themselves: zoneinfo does not show the rule at the end
of its files, and a rule found this way cannot differ from what zoneinfo computes.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from core.validators import FIRST_YEAR, LAST_YEAR

# One more year at both ends, because local times can be in another year than UTC.
_FIRST_YEAR, _LAST_YEAR = FIRST_YEAR - 1, LAST_YEAR + 1
_SECOND = timedelta(seconds=1)
_STEP = timedelta(days=3)  # no zone has two changes in less than a week (Brazil, October 2000)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SAMPLE = 60  # years in which a date falls on each weekday several times, also around 2100


class _Kind(NamedTuple):
    """The common properties of the onsets in one sub-component."""

    before: timedelta
    after: timedelta
    name: str | None
    is_daylight: bool


@lru_cache(maxsize=128)
def vtimezone(tzid: str) -> Timezone:
    """Return the component of a zone. It is shared: callers must not change it."""
    component = Timezone()
    component.add("tzid", tzid)
    by_kind: dict[_Kind, list[datetime]] = {}
    for kind, onset in _onsets(ZoneInfo(tzid)):
        by_kind.setdefault(kind, []).append(onset)
    for kind, onsets in by_kind.items():
        yearly = _yearly(onsets)
        single = onsets[: len(onsets) - len(yearly)]
        if single:
            part = _part(kind, single[0])
            if single[1:]:
                # One property each, also for DTSTART: ical.js and libical read no other form.
                for onset in single:
                    part.add("rdate", [onset])
            component.add_component(part)
        for month, first, days in _months(yearly):
            part = _part(kind, first)
            part.add("rrule", vRecur.from_ical(_rule(month, first.weekday(), days)))
            component.add_component(part)
    return component


def _part(kind: _Kind, first: datetime) -> TimezoneDaylight | TimezoneStandard:
    part = TimezoneDaylight() if kind.is_daylight else TimezoneStandard()
    part.add("dtstart", first)
    part.TZOFFSETFROM, part.TZOFFSETTO = kind.before, kind.after
    part.add("tzname", kind.name)
    return part


def _onsets(zone: ZoneInfo) -> Iterator[tuple[_Kind, datetime]]:
    """Yield the state in the first year, then each change, in local time by the offset before."""
    begin = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    for at in [begin, *_changes(zone, begin)]:
        before = (at if at == begin else at - _SECOND).astimezone(zone)
        after = at.astimezone(zone)
        # Ireland and Morocco have daylight saving time of minus one hour in winter or Ramadan. For
        # calendar programs, the later clock is the daylight one.
        is_daylight = _saved(after) > min(_saved(before), timedelta())
        kind = _Kind(_offset(before), _offset(after), after.tzname(), is_daylight)
        yield kind, (at + kind.before).replace(tzinfo=None)


def _changes(zone: ZoneInfo, begin: datetime) -> Iterator[datetime]:
    """Yield each instant in UTC at which the offset changes, to the second."""
    at, before = begin, _offset(begin.astimezone(zone))
    while at.year <= _LAST_YEAR:
        then = at + _STEP
        after = _offset(then.astimezone(zone))
        if after != before:
            low, high = at, then
            while high - low > _SECOND:
                middle = (low + (high - low) / 2).replace(microsecond=0)
                is_before = _offset(middle.astimezone(zone)) == before
                low, high = (middle, high) if is_before else (low, middle)
            yield high
        at, before = then, after


def _yearly(onsets: list[datetime]) -> list[datetime]:
    """Return the last onsets that one rule gives; empty if no rule holds to the end."""
    sample = onsets[-_SAMPLE:]
    days = {(onset.month, onset.day) for onset in sample}
    clock = {(onset.weekday(), onset.time()) for onset in sample}
    # The same weekday in a window of seven days: once a year, and in every year.
    is_rule = len(sample) == _SAMPLE and len(clock) == 1 and len(days) == 7
    if not is_rule or onsets[-1].year < _LAST_YEAR:
        return []
    start = len(onsets) - 1
    for index, (earlier, later) in reversed(list(enumerate(pairwise(onsets)))):
        follows = earlier.year == later.year - 1 and (earlier.month, earlier.day) in days
        if not follows or (earlier.weekday(), earlier.time()) not in clock:
            break
        start = index
    return onsets[start:]


def _months(yearly: list[datetime]) -> Iterator[tuple[int, datetime, list[int]]]:
    """Yield month, first onset and days of the month: a window of days may span two months."""
    for month, group in groupby(sorted(yearly, key=_month), key=_month):
        onsets = list(group)
        yield month, onsets[0], sorted({onset.day for onset in onsets})


def _rule(month: int, weekday: int, days: list[int]) -> str:
    """Return the RRULE for a weekday on these days of a month, in its best known form."""
    day, rule = _WEEKDAYS[weekday], f"FREQ=YEARLY;BYMONTH={month};BYDAY="
    first, last = days[0], days[-1]
    if len(days) == 7 and last % 7 == 0:
        return f"{rule}{last // 7}{day}"
    if len(days) == 7 and month != 2 and last == monthrange(_FIRST_YEAR, month)[1]:
        return f"{rule}-1{day}"
    numbers = ",".join(map(str, range(first, last + 1)))
    return f"FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={numbers};BYDAY={day}"


def _month(onset: datetime) -> int:
    return onset.month


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta()


def _saved(local: datetime) -> timedelta:
    return local.dst() or timedelta()
