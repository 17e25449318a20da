"""Read the times of a request: instants, or the days of an all-day event."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import BadValue
from core.validators import LAST_YEAR
from events.all_day import CLOCK, bounds, covered_days, day_in
from events.models import Event

_DECIDES_DAYS = CLOCK | {"timezone", "is_all_day"}


def read_times(changes: Mapping[str, Any], *, event: Event | None = None) -> dict[str, Any]:
    """Return a copy of the changes with instants instead of days.

    `event` is changed or copied. A start without an end keeps the length: the number of days, or
    the elapsed time, also across a clock change. Another time zone keeps the days. An event with
    times that becomes all-day lasts the days on which it takes place. Raises BadValue
    (`end_before_start`; `required` if `is_all_day` is turned off without times; `out_of_range` if
    the new end is after the last year).
    """
    read = dict(changes)
    was_all_day = event is not None and event.is_all_day
    if not read.get("is_all_day", was_all_day):
        if was_all_day:
            _require_times(read)
        elif event is not None and "start_time" in read and "end_time" not in read:
            read["end_time"] = _end_after(read["start_time"], event)
            _check_end(read["end_time"])
        return read
    if not _DECIDES_DAYS & read.keys():
        return read
    zone = ZoneInfo(read.get("timezone") or (event.timezone if event else "UTC"))
    if event is not None:
        was_first, was_last = event.days or covered_days(
            event.start_time, event.end_time, ZoneInfo(event.timezone)
        )
        read.setdefault("start_time", was_first)
        first = day_in(read["start_time"], zone, is_end=False)
        if "end_time" not in read:
            read["end_time"] = first + (was_last - was_first)
            _check_end(read["end_time"])
    first = day_in(read["start_time"], zone, is_end=False)
    last = day_in(read["end_time"], zone, is_end=True)
    if last < first:
        raise BadValue(
            "end_time",
            "end_before_start",
            "The last day is before the first one. Send a later day.",
        )
    return read | bounds(first, last, zone)


def _end_after(start: datetime, event: Event) -> datetime:
    # In UTC, because Python calculates with wall-clock times within one zone.
    length = event.end_time.astimezone(UTC) - event.start_time.astimezone(UTC)
    return start.astimezone(UTC) + length


def _check_end(end: date) -> None:
    """Check an end that was not sent; serializers check the others."""
    if end.year > LAST_YEAR:
        raise BadValue(
            "start_time",
            "out_of_range",
            f"The event would end after {LAST_YEAR}. Send an earlier start.",
        )


def _require_times(changes: Mapping[str, Any]) -> None:
    for name in sorted(CLOCK - changes.keys(), reverse=True):
        raise BadValue(
            name,
            "required",
            "To turn is_all_day off, send start_time and end_time with a time of day.",
        )
