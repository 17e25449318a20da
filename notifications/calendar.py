"""The `event.ics` of a mail.

Its METHOD is always PUBLISH (RFC 5546, 3.2.1); a cancellation has
STATUS:CANCELLED. REQUEST would make Gmail and Outlook offer Accept and Decline,
whose answers go by mail to the organizer and never reach us. CANCEL is its
counterpart: it must name attendees, is matched against invitations only, and
some clients do not open it as a file. What is published replaces what has the
same UID, no higher SEQUENCE and an earlier DTSTAMP, once somebody opens it.
Where a calendar keeps the old entry all the same, the mail's text has said
what happened.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText
from icalendar.enums import STATUS

from notifications.facts import EventFacts

METHOD = "PUBLISH"
_PRODID = "-//Event Booking and Attendance//EN"
_DAY = timedelta(days=1)


def ics(event: EventFacts, *, stamp: datetime, is_cancelled: bool) -> bytes:
    """`stamp` orders what one event's files say at the same SEQUENCE: the later one holds."""
    start, end = event.starts_at.astimezone(event.zone), event.ends_at.astimezone(event.zone)
    if start.fold or end.fold:
        # With a TZID, the hour that comes twice always means its first time (RFC 5545, 3.3.5).
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    entry = Event.new(
        uid=f"event-{event.id}@{urlsplit(settings.BASE_URL).hostname}",
        sequence=event.sequence,
        stamp=stamp.astimezone(UTC),
        start=start,
        end=end,
        summary=event.title,
        location=event.location or None,
        organizer=_organizer(event),
        url=event.url or None,
        status=STATUS.CANCELLED if is_cancelled else STATUS.CONFIRMED,
    )
    calendar = Calendar()
    calendar.add("prodid", _PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", METHOD)
    calendar.add_component(entry)
    calendar.add_missing_timezones(start.date() - _DAY, end.date() + _DAY)
    raw: bytes = calendar.to_ical()
    return raw


def _organizer(event: EventFacts) -> vCalAddress:
    """PUBLISH demands one. The address is ours: nobody's own is given away."""
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organizer = vCalAddress(f"mailto:{address}")
    if event.organizer:
        organizer.params["CN"] = vText(event.organizer)
    return organizer
