"""Parse untrusted days, times and time zones of providers; see `parsing`."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.validators import FIRST_YEAR, LAST_YEAR, TIMEZONES, find_timezone, zone_or_utc
from external_events.providers.places import zone_with_offset

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?", re.ASCII)
_DATETIME = re.compile(r"([^T ]+)[T ]([^Z+-]+)(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def parse_day(value: Any) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def parse_time(value: Any) -> time | None:
    """Return the time, in whole seconds."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        return time.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _split(value: Any) -> tuple[date | None, time | None, str]:
    """Return the day, the time and the offset of a text; day and time are both known or none."""
    match = _DATETIME.fullmatch(value) if isinstance(value, str) else None
    day, hour = (parse_day(match[1]), parse_time(match[2])) if match else (None, None)
    if match is None or day is None or hour is None:
        return None, None, ""
    return day, hour, match[3] or ""


def parse_local(value: Any) -> tuple[date | None, time | None]:
    """Return the day and time of a text without an offset."""
    day, hour, offset = _split(value)
    return (None, None) if offset else (day, hour)


def parse_local_with_offset(value: Any) -> tuple[date | None, time | None]:
    """Return the day and time of a text with an offset other than that of UTC.

    Such a text states the time at the venue; `Z` and `+00:00` state only the instant.
    """
    day, hour, offset = _split(value)
    return (day, hour) if re.search(r"[1-9]", offset) else (None, None)


def parse_instant(value: Any) -> datetime | None:
    """Return the instant in UTC; a text without an offset is in UTC."""
    day, hour, offset = _split(value)
    if day is None or hour is None:
        return None
    try:
        zone = datetime.strptime(offset or "Z", "%z").tzinfo
    except ValueError:
        return None
    return _if_in_range(datetime.combine(day, hour, zone).astimezone(UTC))


def find_zone(
    candidates: Iterable[Any],
    day: date | None,
    hour: time | None,
    utc: datetime | None,
    *,
    country: str = "",
) -> str:
    """Return the IANA name of the zone, or "" if it is not known.

    `candidates` are names, the best source first. The name in which local time and UTC are the
    same instant takes precedence. Without a name, the difference between local time and UTC is the
    offset: whole hours have zones such as Etc/GMT-2; for other offsets a zone is chosen that has
    the offset at that instant, in the country if there is one. A difference that no zone has is
    ignored.
    """
    found = (find_timezone(name) for name in candidates if isinstance(name, str))
    names = [name for name in found if name]
    if names:
        agreeing = (name for name in names if utc and to_utc(day, hour, utc, name) == utc)
        return next(agreeing, names[0])
    if day is None or hour is None or utc is None:
        return ""
    offset = datetime.combine(day, hour, UTC) - utc
    hours, rest = divmod(offset, timedelta(hours=1))
    if rest:
        return zone_with_offset(offset, at=utc, country=country)
    # POSIX counts westwards: zones ahead of UTC have a minus.
    name = f"Etc/GMT{-hours:+d}" if hours else ""
    return name if name in TIMEZONES else ""


def to_utc(day: date | None, hour: time | None, utc: datetime | None, zone: str) -> datetime | None:
    """Return the instant of the local time if the zone is known, else `utc`.

    The local time takes precedence, because people come by it. A time in a skipped hour is moved
    by the gap; a time in a repeated hour is the first one, unless `utc` is the second.
    """
    if not zone or day is None or hour is None:
        return utc
    local = datetime.combine(day, hour, zone_or_utc(zone))
    second = local.replace(fold=1).astimezone(UTC)
    return _if_in_range(second if second == utc else local.astimezone(UTC))


def time_fields(
    start: datetime | None,
    end: datetime | None,
    day: date | None,
    zone: str,
    *,
    last_day: date | None = None,
) -> dict[str, Any]:
    """Return the fields of the record; an end that is not after the start is dropped.

    `last_day` is the day of an end without a time. If the start has no time, only the day of the
    end is used.
    """
    name = zone or "UTC"
    if start is not None and day is None:
        day = start.astimezone(zone_or_utc(name)).date()
    if start is None and end is not None:
        last_day = parse_day(f"{end.astimezone(zone_or_utc(name)):%Y-%m-%d}")
    is_end_known = start is not None and end is not None and end > start
    is_last_day_known = day is not None and last_day is not None and last_day >= day
    return {
        "timezone": name,
        "start_time": start,
        "end_time": end if is_end_known else None,
        "local_date": day,
        "last_date": last_day if is_last_day_known and not is_end_known else None,
    }


def _if_in_range(moment: datetime) -> datetime | None:
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None
