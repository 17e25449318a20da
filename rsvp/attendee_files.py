"""The attendees of an event as a file for spreadsheets."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse

from config.csv_files import csv_file
from events.models import Event
from rsvp.selectors import attendees_of

_HEADER = [
    "username", "email", "status", "people", "arrived", "checked_in_at", "answered_at", "confirmed",
]  # fmt: skip
_BATCH = 1000


def attendee_file(event: Event, **asked: Any) -> StreamingHttpResponse:
    """Those whom `selectors.attendees_of` finds, sent as they are read; times where the event is.

    The address is empty for accounts that were erased or only let in at the door.
    """
    return csv_file(_HEADER, _rows(event, **asked), filename=f"attendees-{event.pk}.csv")


def _rows(event: Event, **asked: Any) -> Iterator[list[Any]]:
    zone = ZoneInfo(event.timezone)
    for rsvp in attendees_of(event=event, **asked).iterator(chunk_size=_BATCH):
        at = rsvp.checked_in_at
        yield [
            rsvp.user.username,
            rsvp.reached_at or "",
            rsvp.status,
            rsvp.party,
            rsvp.arrived,
            at.astimezone(zone) if at else "",
            rsvp.created_at.astimezone(zone),
            "yes" if rsvp.is_confirmed else "no",
        ]
