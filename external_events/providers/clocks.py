"""Readers of days, times and zones of providers, without trust as in `reading`."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.validators import FIRST_YEAR, LAST_YEAR, TIMEZONES, find_timezone, zone_or_utc
from external_events.providers.zones import zone_with_offset

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_HOUR = re.compile(r"(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?", re.ASCII)
_INSTANT = re.compile(r"([^T ]+)[T ]([^Z+-]+)(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def day(value: Any) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def hour(value: Any) -> time | None:
    """Return the time of a text, to the second."""
    match = _HOUR.fullmatch(value) if isinstance(value, str) else None
    try:
        return time.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def local(value: Any) -> tuple[date | None, time | None]:
    """Return the day and time of a text without an offset; both or none."""
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[3]:
        return None, None
    at_day, at_hour = day(match[1]), hour(match[2])
    return (at_day, at_hour) if at_day and at_hour is not None else (None, None)


def instant(value: Any) -> datetime | None:
    """Return the instant of a text in UTC; a text without an offset is in UTC."""
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    at_day, at_hour = (day(match[1]), hour(match[2])) if match else (None, None)
    if match is None or at_day is None or at_hour is None:
        return None
    try:
        offset = datetime.strptime(match[3] or "Z", "%z").tzinfo
    except ValueError:
        return None
    return _if_in_range(datetime.combine(at_day, at_hour, offset).astimezone(UTC))


def clock_with_offset(value: Any) -> tuple[date | None, time | None]:
    """Return the day and time of a text with an offset other than that of UTC; both or none.

    Such a text states the time at the venue; `Z` and `+00:00` state only the instant.
    """
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None or not match[3] or not re.search(r"[1-9]", match[3]):
        return None, None
    at_day, at_hour = day(match[1]), hour(match[2])
    return (at_day, at_hour) if at_day and at_hour is not None else (None, None)


def zone_of(
    candidates: Iterable[Any],
    at_day: date | None,
    at_hour: time | None,
    utc: datetime | None,
    *,
    country: str = "",
) -> str:
    """Return the IANA name of the zone, or "" if it is not known.

    `candidates` are names, the best source first. The name in which local time and UTC are the same
    instant takes precedence. Without a name, the difference between local time and UTC is the
    offset: whole hours have zones such as Etc/GMT-2; for other offsets a zone is chosen that has
    the offset at that instant, in the country if there is one. A difference that no zone has is
    ignored.
    """
    found = (find_timezone(each) for each in candidates if isinstance(each, str))
    names = [name for name in found if name]
    if names:
        agreeing = (each for each in names if utc and moment(at_day, at_hour, utc, each) == utc)
        return next(agreeing, names[0])
    if at_day is None or at_hour is None or utc is None:
        return ""
    ahead = datetime.combine(at_day, at_hour, UTC) - utc
    hours, rest = divmod(ahead, timedelta(hours=1))
    if rest:
        return zone_with_offset(ahead, at=utc, country=country)
    # POSIX counts westwards: what is ahead of UTC is minus.
    name = f"Etc/GMT{-hours:+d}" if hours else ""
    return name if name in TIMEZONES else ""


def moment(
    at_day: date | None, at_hour: time | None, utc: datetime | None, zone: str
) -> datetime | None:
    """Return the instant in UTC: of the local time if the zone is known, else `utc`.

    The local time takes precedence, because people come by it. A time in a skipped hour is moved on
    by the gap; a time in an hour that comes twice is the first one, unless `utc` is the second.
    """
    if not zone or at_day is None or at_hour is None:
        return utc
    there = datetime.combine(at_day, at_hour, zone_or_utc(zone))
    second = there.replace(fold=1).astimezone(UTC)
    return _if_in_range(second if second == utc else there.astimezone(UTC))


def times(
    start: datetime | None,
    end: datetime | None,
    at_day: date | None,
    zone: str,
    *,
    last_day: date | None = None,
) -> dict[str, Any]:
    """Return the fields of the record; an end that is not after the start is none.

    `last_day` is the day of an end without a time. If the start has no time, the day of an end
    with one is enough.
    """
    name = zone or "UTC"
    if start is not None and at_day is None:
        at_day = start.astimezone(zone_or_utc(name)).date()
    if start is None and end is not None:
        last_day = day(f"{end.astimezone(zone_or_utc(name)):%Y-%m-%d}")
    is_end_known = start is not None and end is not None and end > start
    is_last_day_known = at_day is not None and last_day is not None and last_day >= at_day
    return {
        "timezone": name,
        "start_time": start,
        "end_time": end if is_end_known else None,
        "local_date": at_day,
        "last_date": last_day if is_last_day_known and not is_end_known else None,
    }


def _if_in_range(found: datetime) -> datetime | None:
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
