"""Writes calendar files (RFC 5545) for mails, downloads and feeds.

METHOD is always PUBLISH (RFC 5546, 3.2.1); a cancellation has STATUS:CANCELLED. REQUEST would make
Gmail and Outlook show Accept and Decline buttons, whose replies we never receive. Its counterpart
CANCEL must name attendees, applies only to invitations, and some clients do not open it as a file.
A published entry replaces one with the same UID, no higher SEQUENCE and an earlier DTSTAMP when it
is opened. If a calendar still keeps the old entry, the mail's text has described the change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vRecur, vText
from icalendar.enums import STATUS, TRANSP
from icalendar.prop import vInline

from core.clock import is_unambiguous
from core.ical.vtimezones import vtimezone

METHOD = "PUBLISH"
_PRODID = "-//Event Booking and Attendance//EN"
_DAY = timedelta(days=1)
_REFRESH_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True)
class Rule:
    """The recurrence of an entry, in the local time of its zone."""

    rrule: str
    excluded: tuple[datetime | date, ...]


@dataclass(frozen=True)
class Entry:
    """The content of a VEVENT.

    Times are instants; only entries with a rule, and RECURRENCE-ID, have local times. All-day
    events have dates, and `ends_at` is the day after the last one (RFC 5545, 3.6.1). `stamp` orders
    the entries of one UID with the same SEQUENCE: the latest one is valid.
    """

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime | date
    ends_at: datetime | date
    zone: ZoneInfo
    title: str
    status: STATUS
    location: str = ""
    description: str = ""
    coordinates: tuple[float, float] | None = None
    organizer: str = ""
    category: str = ""
    url: str = ""
    changed_at: datetime | None = None
    takes_time: bool = True
    rule: Rule | None = None
    recurrence_id: datetime | date | None = None


def span(
    start: datetime, end: datetime, days: tuple[date, date] | None
) -> tuple[datetime | date, datetime | date]:
    """Return start and end of an entry; dates for an all-day event."""
    return (start, end) if days is None else (days[0], days[1] + _DAY)


def calendar(entries: Iterable[Entry], *, name: str = "", is_feed: bool = False) -> bytes:
    """Return the file; the same entries give the same bytes. Feeds have a refresh interval."""
    entries = list(entries)
    file = Calendar()
    file.add("prodid", _PRODID)
    file.add("version", "2.0")
    file.add("method", METHOD)
    if name:
        # vText, because the library treats neither as text and would not escape it.
        file.add("name", vText(name))  # RFC 7986, 5.1
        file.add("x-wr-calname", vText(name))
    if is_feed:
        file.add("refresh-interval", _REFRESH_INTERVAL, parameters={"VALUE": "DURATION"})
        file.add("x-published-ttl", vInline("PT1H"))
    for entry in entries:
        file.add_component(_component(entry))
    # A file without a component is not valid (RFC 5545, 3.4), so an empty feed defines UTC.
    zones = file.get_missing_tzids() if entries else {"UTC"}
    file.subcomponents[:0] = [vtimezone(tzid) for tzid in sorted(zones)]
    raw: bytes = file.to_ical()
    return raw


def _component(entry: Entry) -> Event:
    component = Event.new(
        uid=entry.uid,
        sequence=entry.sequence,
        stamp=entry.stamp.astimezone(UTC),
        last_modified=entry.changed_at and entry.changed_at.astimezone(UTC),
        summary=entry.title,
        location=entry.location or None,
        description=entry.description or None,
        organizer=_organizer(entry.organizer),
        url=entry.url or None,
        status=entry.status,
        transparency=None if entry.takes_time else TRANSP.TRANSPARENT,
        recurrence_id=entry.recurrence_id,
    )
    if entry.category:
        component.categories = [entry.category]
    if entry.coordinates is not None:
        latitude, longitude = entry.coordinates
        # Six decimals (RFC 5545, 3.8.1.6); the library would write 0.00001 as 1e-05.
        component.add("geo", vInline(f"{latitude:.6f};{longitude:.6f}"))
    if entry.rule is None:
        start, end = _local(entry)
        component.start, component.end = start, end
    else:
        component.start = entry.starts_at
        # Not DTEND: at a clock change, some readers keep its local time and others the duration.
        # Both values are dates, or both are times.
        component.DURATION = entry.ends_at - entry.starts_at  # type: ignore[operator]
        component.add("rrule", vRecur.from_ical(entry.rule.rrule))
        if entry.rule.excluded:
            component.add("exdate", list(entry.rule.excluded))
    return component


def _local(entry: Entry) -> tuple[datetime | date, datetime | date]:
    if not (isinstance(entry.starts_at, datetime) and isinstance(entry.ends_at, datetime)):
        return entry.starts_at, entry.ends_at
    start = entry.starts_at.astimezone(entry.zone)
    end = entry.ends_at.astimezone(entry.zone)
    if not (is_unambiguous(start) and is_unambiguous(end)):
        # With a TZID, an hour that comes twice always means the first one (RFC 5545, 3.3.5), and
        # some readers take the second one.
        return start.astimezone(UTC), end.astimezone(UTC)
    return start, end


def _organizer(name: str) -> vCalAddress:
    """Return the organizer, which PUBLISH requires, with our address instead of a person's."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organizer = vCalAddress(f"mailto:{address}")
    if name:
        organizer.params["CN"] = vText(name)
    return organizer
