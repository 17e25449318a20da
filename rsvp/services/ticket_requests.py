"""The tickets that a person requests with an RSVP, checked against the types of the event."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from core.errors import BadValue
from events.models import DiscountCode, Event, Tally, TicketType
from events.models.ticket_types import MOST_TICKETS
from events.selectors import find_code
from rsvp.exceptions import SalesClosed, SalesNotOpen
from rsvp.models import Rsvp
from rsvp.services.ticket_stock import Stock, Tickets, growth, stock_of, tickets_of


@dataclass(frozen=True)
class TicketRequest:
    """What the body says about tickets. `tickets=None` keeps those that the party has.

    `code=None` keeps the code that the party has; an empty one gives it up. `provider` is the one
    to pay with; empty: the first that is on.
    """

    tickets: Sequence[tuple[int, int]] | None = None  # ticket type and quantity
    code: str | None = None
    provider: str = ""


NO_TICKETS = TicketRequest()


def choose_tickets(
    tally: Tally, event: Event, rsvp: Rsvp, request: TicketRequest, guests: int | None
) -> Tickets | None:
    """Return the tickets that the party has after this request; None without ticket types.

    A party that sends `guests` instead gets more of the type that it has, or of the only one that
    is offered. Uses the code of the request for the RSVP. Call it under the lock. Raises BadValue
    on `tickets` and `code`, SalesNotOpen and SalesClosed.
    """
    if not tally.has_ticket_types:
        if request.tickets:
            raise BadValue(
                "tickets", "no_ticket_types", "This event has no ticket types. Send `guests`."
            )
        if request.code:
            find_code(event=event, code=request.code)  # it has none
        return None
    stock, before = stock_of(tally), tickets_of(rsvp)
    now = timezone.now()
    code = _code_of(event, rsvp, request.code)
    offered = _offered(stock, code, before)
    if request.tickets is not None:
        wanted = _sum(request.tickets)
    else:
        wanted = _by_guests(offered, before, guests)
    _check(wanted, before, offered, now)
    if rsvp.status == Rsvp.Status.GOING:
        code = _code_of_seated(rsvp, code, is_growing=bool(growth(before, wanted)))
    _use_code(rsvp, code)
    return wanted


def release_code(rsvp: Rsvp) -> None:
    """Give the use of its code back; the caller saves the RSVP, under the lock."""
    if rsvp.code_id is not None:
        DiscountCode.objects.filter(pk=rsvp.code_id).update(used=F("used") - 1)
        rsvp.code = None


def _code_of(event: Event, rsvp: Rsvp, text: str | None) -> DiscountCode | None:
    """Return the code that the party has after this request; one that it has stays usable."""
    if text is None or (rsvp.code and rsvp.code.code == text.strip().upper()):
        return rsvp.code
    return find_code(event=event, code=text) if text.strip() else None


def _code_of_seated(
    rsvp: Rsvp, code: DiscountCode | None, *, is_growing: bool
) -> DiscountCode | None:
    """Return the code of a party with seats: the one that they were taken with stays used.

    Another one is of use only for more tickets, and a party can have one code.
    """
    if rsvp.code is None:
        return code if is_growing else None
    if is_growing and code and code != rsvp.code:
        message = f"Your tickets have the code {rsvp.code.code}. Send no other one."
        raise BadValue("code", "has_code", message)
    return rsvp.code


def _use_code(rsvp: Rsvp, code: DiscountCode | None) -> None:
    if (code and code.pk) == rsvp.code_id:
        return
    release_code(rsvp)
    if code:
        DiscountCode.objects.filter(pk=code.pk).update(used=F("used") + 1)
        rsvp.code = code
    if rsvp.pk:  # saved here, because nothing else may change
        Rsvp.objects.filter(pk=rsvp.pk).update(code=code)


def _offered(stock: Stock, code: DiscountCode | None, before: Tickets) -> dict[int, TicketType]:
    """Return the types that the person can see: hidden ones need a code, or tickets of theirs."""
    types = stock.types()
    unlocked = set(before)
    if code and any(ticket_type.is_hidden for ticket_type in types):
        unlocked |= set(code.unlocks.values_list("pk", flat=True))
    return {
        ticket_type.pk: ticket_type
        for ticket_type in types
        if not ticket_type.is_hidden or ticket_type.pk in unlocked
    }


def _sum(tickets: Sequence[tuple[int, int]]) -> Tickets:
    wanted: Counter[int] = Counter()
    for type_id, quantity in tickets:
        wanted[type_id] += quantity
    if wanted.total() > MOST_TICKETS:
        raise BadValue(
            "tickets", "too_many_tickets", f"A party can have at most {MOST_TICKETS} tickets."
        )
    return dict(wanted)


def _by_guests(offered: dict[int, TicketType], before: Tickets, guests: int | None) -> Tickets:
    if guests is None and before:
        return before
    types = list(before) or [pk for pk, offer in offered.items() if not offer.is_hidden]
    if len(types) != 1:
        raise BadValue(
            "tickets", "required", "This event has several ticket types. Send `tickets`."
        )
    return {types[0]: 1 + (guests or 0)}


def _check(wanted: Tickets, before: Tickets, offered: dict[int, TicketType], now: datetime) -> None:
    for type_id in wanted:
        if type_id not in offered:
            raise BadValue(
                "tickets", "does_not_exist", f"This event offers no ticket type {type_id}."
            )
    for type_id in growth(before, wanted):
        ticket_type = offered[type_id]
        most = ticket_type.max_per_person
        if most is not None and wanted[type_id] > most:
            raise BadValue(
                "tickets",
                "too_many_per_person",
                f"One person can have at most {most} tickets of the type {ticket_type.name}.",
            )
        if ticket_type.sales_open_at and now < ticket_type.sales_open_at:
            raise SalesNotOpen(ticket_type.name, ticket_type.sales_open_at)
        if ticket_type.sales_close_at and now >= ticket_type.sales_close_at:
            raise SalesClosed(ticket_type.name)
