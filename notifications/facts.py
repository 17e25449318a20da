"""Facts about an event from a notification's context, safe to display, and times.

Users' text is never a clickable link (notifications/links.py).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.dateformat import format as format_date

from core import clock
from core.validators import zone_or_utc
from notifications.links import defang, without_links

_FULL_DAY = "l j F Y"
# Line breaks and control characters forge lines; the others make text read backwards. Half a
# character (a lone surrogate) cannot be sent at all.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    return " ".join(_UNSAFE.sub(" ", text).split())


def lines_of(text: str) -> list[str]:
    """Each line safe to show, without the empty ones."""
    return [line for each in text.splitlines() if (line := one_line(each))]


def in_lines(text: str) -> str:
    """Of text in lines, only that: neither forged line ends nor half characters."""
    return "\n".join(_UNSAFE.sub(" ", line).rstrip() for line in text.splitlines()).strip("\n")


def shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


@dataclass(frozen=True)
class When:
    """An event's time by its reader's clock, and by the clock where it takes place.

    `there` is empty where both clocks show the same.
    """

    day: str
    short: str
    mine: str
    there: str

    @property
    def line(self) -> str:
        return f"{self.mine} (local time: {self.there})" if self.there else self.mine


@dataclass(frozen=True)
class EventFacts:
    """`days`: the first and the last of an all-day event, in its time zone.

    `short_title` and `short_location` are for subjects, SMS and push: without links.
    """

    id: int
    title: str
    short_title: str
    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    days: tuple[date, date] | None
    location: str
    short_location: str
    organizer: str
    category: str
    sequence: int
    is_gone: bool
    coordinates: tuple[float, float] | None

    @classmethod
    def read(cls, said: dict[str, Any]) -> Self:
        title, location = one_line(said["title"]), one_line(said.get("location") or "")
        return cls(
            id=int(said["id"]),
            title=defang(title),
            short_title=shorten(without_links(title) or "an event", 80),
            starts_at=datetime.fromisoformat(said["starts_at"]),
            ends_at=datetime.fromisoformat(said["ends_at"]),
            zone=zone_or_utc(said.get("timezone") or "UTC"),
            days=_read_days(said.get("days")),
            location=defang(location),
            short_location=shorten(without_links(location), 60),
            organizer=defang(one_line(said.get("organizer") or "")),
            category=defang(one_line(said.get("category") or "")),
            sequence=int(said.get("sequence") or 0),
            is_gone=bool(said.get("is_gone")),
            coordinates=coordinates(said.get("latitude"), said.get("longitude")),
        )

    @property
    def url(self) -> str:
        """Where people find it; empty where it was deleted."""
        return "" if self.is_gone else event_url(self.id)

    @property
    def ticket_url(self) -> str:
        """Return the URL of the ticket's page; it contains no code."""
        return f"{self.url}/ticket" if self.url else ""

    def when(self, reader: ZoneInfo) -> When:
        if self.days is not None:
            return _whole_days(*self.days)
        mine, mine_end = self.starts_at.astimezone(reader), self.ends_at.astimezone(reader)
        there, there_end = self.starts_at.astimezone(self.zone), self.ends_at.astimezone(self.zone)
        day = clock.day(mine)
        short = clock.written(self.starts_at, reader)
        if _face(mine) == _face(there) and _face(mine_end) == _face(there_end):
            return When(day, short, f"{_span(mine, mine_end)}, {reader}", "")
        other_day = "" if mine.date() == there.date() else f"{clock.day(there)}, "
        return When(
            day,
            f"{short} ({other_day}{clock.clock(there)} {self.zone})",
            f"{_span(mine, mine_end)}, {reader}",
            f"{_span(there, there_end)}, {self.zone}",
        )


def _read_days(said: list[str] | None) -> tuple[date, date] | None:
    if said is None:
        return None
    first, last = map(date.fromisoformat, said)
    return first, last


def _whole_days(first: date, last: date) -> When:
    """Return the text for whole days: it is the same in every time zone."""
    full = " – ".join(format_date(day, _FULL_DAY) for day in sorted({first, last}))
    return When(clock.day(first), f"{clock.days(first, last)}, all day", f"{full}, all day", "")


def coordinates(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def event_url(event_id: int) -> str:
    """Its page at the frontend."""
    return f"{settings.FRONTEND_URL}/events/{event_id}"


def moment(at: datetime, reader: ZoneInfo) -> str:
    """An instant by its reader's clock, in full."""
    local = at.astimezone(reader)
    return f"{format_date(local, _FULL_DAY)}, {clock.clock(local)}, {reader}"


def _face(at: datetime) -> datetime:
    """What the wall clock shows; aware datetimes of two zones compare as instants."""
    return at.replace(tzinfo=None)


def _span(start: datetime, end: datetime) -> str:
    first_day = format_date(start, _FULL_DAY)
    if start.date() == end.date():
        return f"{first_day}, {clock.clock(start)}–{clock.clock(end)}"
    return f"{first_day}, {clock.clock(start)} – {format_date(end, _FULL_DAY)}, {clock.clock(end)}"
