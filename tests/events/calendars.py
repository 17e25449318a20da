"""What a calendar shows of a file, by a library that we did not write."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import recurring_ical_events
from icalendar import Calendar

from events.models import Event

Shown = tuple[datetime, datetime, str, str]
_WORDS = {"published": "CONFIRMED", "cancelled": "CANCELLED", "draft": "TENTATIVE"}


def read(raw: bytes) -> Calendar:
    """The file, once it is one: lines of at most 75 octets that end in CRLF."""
    lines = raw.split(b"\r\n")
    assert lines[-1] == b"" and b"\n" not in b"".join(lines) and b"\r" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    parsed = Calendar.from_ical(raw)
    assert isinstance(parsed, Calendar)
    return parsed


def shown(raw: bytes, start: datetime, end: datetime) -> list[Shown]:
    """Start and end in UTC, title and status of all that begins before the end."""
    query: Any = recurring_ical_events.of(read(raw))
    found = query.between(start, end)
    return sorted(
        (
            entry.start.astimezone(UTC),
            entry.end.astimezone(UTC),
            str(entry["SUMMARY"]),
            str(entry["STATUS"]),
        )
        for entry in found
    )


def rows_as_shown(rows: Iterable[Event]) -> list[Shown]:
    """The same of our rows; calendars know whole seconds."""
    return sorted(
        (
            row.start_time.replace(microsecond=0),
            row.end_time.replace(microsecond=0),
            row.title,
            _WORDS[row.status],
        )
        for row in rows
    )


def span(rows: Iterable[Event]) -> tuple[datetime, datetime]:
    """A time in which all of them lie."""
    rows = list(rows)
    day = timedelta(days=1)
    return min(row.start_time for row in rows) - day, max(row.end_time for row in rows) + day
