"""The attendees of an event as a CSV file."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse

from core.csv_files import csv_file
from core.keyset import part_of
from events.models import Event
from rsvp.models import Rsvp
from rsvp.selectors import attendees_of

_HEADER = [
    "username", "display_name", "email", "status", "people", "arrived", "checked_in_at",
    "answered_at", "confirmed", "tickets",
]  # fmt: skip


def attendee_file(
    request: HttpRequest, event: Event, *, after: str = "", **filters: Any
) -> StreamingHttpResponse:
    """Return the rows of `selectors.attendees_of`, at most EXPORT_ROWS of them.

    Times are in the event's time zone. The address is empty for erased accounts and for people who
    were only admitted as walk-ins. Raises BadValue on `after`, and Busy.
    """
    attendees = attendees_of(event=event, **filters)
    [order] = attendees.query.order_by  # `id`, or `line_no` for waiting parties
    if event.tally.has_ticket_types:
        attendees = attendees.with_tickets()
    part = part_of(attendees, str(order), after=after, most=settings.EXPORT_ROWS)
    rows, url = _rows(event, part.rows), request.build_absolute_uri()
    return csv_file(_HEADER, rows, name=f"attendees-{event.pk}", part=part, url=url)


def _rows(event: Event, rsvps: Iterator[Rsvp]) -> Iterator[list[Any]]:
    zone, has_tickets = ZoneInfo(event.timezone), event.tally.has_ticket_types
    for rsvp in rsvps:
        at = rsvp.checked_in_at
        yield [
            rsvp.user.username, rsvp.user.shown_name, rsvp.reached_at or "", rsvp.status,
            rsvp.party, rsvp.arrived, at.astimezone(zone) if at else "",
            rsvp.created_at.astimezone(zone), "yes" if rsvp.is_confirmed else "no",
            "; ".join(map(str, rsvp.tickets.all())) if has_tickets else "",
        ]  # fmt: skip
