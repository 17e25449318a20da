"""Ticket types for tests."""

from typing import Any

from events.models import DiscountCode, Event, Tally, TicketType, TypeTally
from rsvp.models import Rsvp
from rsvp.services import TicketRequest, join_event


def add_type(event: Event, name: str, quantity: int | None = None, **fields: Any) -> TicketType:
    """Have the event offer another type of ticket."""
    ticket_type = TicketType.objects.create(event=event, name=name, **fields)
    TypeTally.objects.create(ticket_type=ticket_type, quantity=quantity)
    limits = TypeTally.objects.filter(ticket_type__event=event, ticket_type__is_hidden=False)
    left = [tally.left for tally in limits]
    tickets_left = None if None in left else sum(filter(None, left))
    Tally.objects.filter(pk=event.pk).update(has_ticket_types=True, tickets_left=tickets_left)
    return ticket_type


def add_code(event: Event, code: str, **fields: Any) -> DiscountCode:
    return DiscountCode.objects.create(event=event, code=code, **fields)


def join_with(
    event: Event, attendee: Any, *tickets: tuple[TicketType, int], code: str | None = None
) -> Rsvp:
    """Have a party join with this many tickets of each type."""
    quantities = [(ticket_type.pk, number) for ticket_type, number in tickets]
    request = TicketRequest(quantities, code)
    rsvp, _ = join_event(event_id=event.pk, attendee=attendee, tickets=request)
    return rsvp
