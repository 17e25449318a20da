"""All-day events: whole days in the time zone of the event.

Rows store instants: `start_time` is the start of the first day, and `end_time` the start of the day
after the last one, so that seats, lists and reminders need no special rules. The API, mails and
calendars show days, the last one included.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

CLOCK = frozenset({"start_time", "end_time"})
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a day, in UTC, also where a clock change skips midnight."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def bounds(first: date, last: date, zone: ZoneInfo) -> dict[str, datetime]:
    """Return `start_time` and `end_time` of an event that lasts from one day to another."""
    return {"start_time": start_of(first, zone), "end_time": start_of(last + _DAY, zone)}


def stored_days(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and last day of an all-day event that is stored as these instants.

    Instants are rounded to the nearest midnight, so that rows keep their days if a country changes
    its clock rules.
    """
    half = _DAY / 2
    first = (start.astimezone(zone).replace(tzinfo=None) + half).date()
    return first, (end.astimezone(zone).replace(tzinfo=None) - half).date()


def covered_days(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and last day on which an event with times takes place."""
    return start.astimezone(zone).date(), (end - _INSTANT).astimezone(zone).date()


def day_in(value: Any, zone: ZoneInfo, *, is_end: bool) -> date:
    """Return a date as it is, or the date of an instant in the zone."""
    if not isinstance(value, datetime):
        day: date = value
        return day
    return (value - _INSTANT if is_end else value).astimezone(zone).date()
