"""Events of a calendar file, as an independent library reads them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import recurring_ical_events
from icalendar import Calendar

from events.models import Event

Entry = tuple[datetime, datetime, str, str]
_WORDS = {"published": "CONFIRMED", "cancelled": "CANCELLED", "draft": "TENTATIVE"}


def read(raw: bytes) -> Calendar:
    """Check that lines have at most 75 octets and end in CRLF; parse the file."""
    lines = raw.split(b"\r\n")
    assert lines[-1] == b"" and b"\n" not in b"".join(lines) and b"\r" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    parsed = Calendar.from_ical(raw)
    assert isinstance(parsed, Calendar)
    return parsed


def entries_shown(raw: bytes, start: datetime, end: datetime) -> list[Entry]:
    """Return start and end in UTC, title and status of the events that start before the end."""
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


def rows_as_entries(rows: Iterable[Event]) -> list[Entry]:
    """Return the same for rows; calendars have whole seconds."""
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
    """Return a period that includes all of them."""
    rows = list(rows)
    day = timedelta(days=1)
    return min(row.start_time for row in rows) - day, max(row.end_time for row in rows) + day
