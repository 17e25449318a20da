"""Events with ticket types, and what can be read about their parties."""

from typing import Any

from accounts.models import User
from events.models import Event, Tally, TicketType, TypeTally
from events.services.ticket_types import refresh_tickets_left
from rsvp.models import Rsvp
from rsvp.services import TicketRequest, join_event

Tickets = dict[int, int]


def offer(event: Event, quantity: int | None = None, **fields: Any) -> TicketType:
    """Add a ticket type to an event."""
    ticket_type = TicketType.objects.create(
        event=event, **{"name": f"Type {event.ticket_types.count() + 1}"} | fields
    )
    TypeTally.objects.create(ticket_type=ticket_type, quantity=quantity)
    refresh_tickets_left(Tally.objects.get(pk=event.pk))
    return ticket_type


def buy(event: Event, person: User, tickets: Tickets, *, code: str | None = None) -> Rsvp:
    """Join with these tickets: the quantity by the ID of the type."""
    request = TicketRequest(list(tickets.items()), code)
    return join_event(event_id=event.pk, attendee=person, tickets=request)[0]


def parties(event: Event, status: str) -> dict[int, Tickets]:
    """Return the tickets of the parties with this status by person, in the order of the line."""
    rsvps = Rsvp.objects.filter(event=event, status=status).order_by("line_no", "pk")
    return {
        rsvp.user_id: {ticket.ticket_type_id: ticket.quantity for ticket in rsvp.tickets.all()}
        for rsvp in rsvps.prefetch_related("tickets")
    }
