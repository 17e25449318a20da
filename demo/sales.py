"""Sales of the demo's events with prices, on the test provider."""

from datetime import timedelta
from random import Random
from typing import Any

from accounts.models import User
from demo.catalogue import DemoEvent
from demo.past import date_rsvps
from events.models import DiscountCode, Event, EventQuerySet, TicketType
from events.services.codes import add_code
from events.services.ticket_types import add_ticket_type
from payments.gateways import registry
from payments.gateways.base import Outcome
from payments.gateways.test import TestGateway, pay
from payments.models import Payment, Refund
from payments.services.checkout import current_payment, open_checkout
from payments.services.refunds import request_refund, send_refund
from payments.services.states import settle
from rsvp.models import Rsvp, RsvpChange
from rsvp.services import TicketRequest, join_event, leave_event

Status = Rsvp.Status
_QUANTITIES = (1, 1, 2, 2, 3)
_TIME_TO_PAY = timedelta(minutes=4)
_WEIGHT_WITHOUT_LIMIT = 40


def can_sell() -> bool:
    """Return whether the test provider takes all payments, so that the demo costs nobody money."""
    return registry.names() == [TestGateway.name]


def sell_tickets(event: Event, entry: DemoEvent, people: list[User]) -> None:
    """Add ticket types and codes, and sell tickets until the demand is met.

    If the event has seats left, its last buyer leaves, and gets the money back: by the event's
    policy, or from the organizer.
    """
    chance = Random(entry.title)
    types = [add_ticket_type(event_id=event.pk, details=details) for details in entry.tickets]
    codes = [_add_code(event, details, types) for details in entry.codes]
    rsvps, wanted = [], round(entry.demand * (entry.max_attendees or 0))
    for person in chance.sample(people, len(people)):
        if wanted <= 0:
            break
        code = chance.choice(codes) if codes and chance.random() < 0.3 else None
        ticket = _choose(types, code, chance)
        ticket.tally.refresh_from_db()
        # Parties take the last tickets of a type, and wait if there are none.
        quantity = min(chance.choice(_QUANTITIES), wanted, ticket.tally.left or wanted)
        rsvps.append(_buy(event, person, ticket, quantity, code))
        wanted -= quantity
    if all(rsvp.status == Status.GOING for rsvp in rsvps):
        _leave_and_refund(event, rsvps[-1])


def date_sales(events: EventQuerySet) -> None:
    """Take the dates of payments and refunds from the history of their RSVPs."""
    payments = Payment.objects.filter(event__in=events).received()
    rsvp_ids = payments.values("rsvp_id")
    changes = RsvpChange.objects.filter(rsvp__in=rsvp_ids).order_by("pk")
    history = {(change.rsvp_id, change.to_status): change for change in changes}
    refunds = list(Refund.objects.filter(payment__in=payments).select_related("payment"))
    holds, paid = [], []
    for payment in payments:
        hold = history[payment.rsvp_id, Status.PENDING_PAYMENT]
        payment.paid_at = history[payment.rsvp_id, Status.GOING].at
        hold.at = payment.paid_at - _TIME_TO_PAY
        payment.expires_at += hold.at - payment.created_at
        payment.created_at = hold.at
        holds.append(hold)
        paid.append(payment)
    for refund in refunds:
        left_at = history[refund.payment.rsvp_id, Status.CANCELLED].at
        refund.created_at = refund.finished_at = left_at
    RsvpChange.objects.bulk_update(holds, ["at"])
    Payment.objects.bulk_update(paid, ["created_at", "paid_at", "expires_at"])
    Refund.objects.bulk_update(refunds, ["created_at", "finished_at"])
    date_rsvps(events)


def _add_code(event: Event, details: dict[str, Any], types: list[TicketType]) -> DiscountCode:
    ids = [ticket.pk for ticket in types if ticket.name in details.get("unlocks", ())]
    return add_code(event_id=event.pk, details={**details, "unlocks": ids})


def _choose(types: list[TicketType], code: DiscountCode | None, chance: Random) -> TicketType:
    """Choose the type that the code unlocks, or one that everybody can buy."""
    unlocked = list(code.unlocks.all()) if code else []
    choices = unlocked or [ticket for ticket in types if not ticket.is_hidden]
    weights = [ticket.tally.quantity or _WEIGHT_WITHOUT_LIMIT for ticket in choices]
    return chance.choices(choices, weights)[0]


def _buy(
    event: Event, person: User, ticket: TicketType, quantity: int, code: DiscountCode | None
) -> Rsvp:
    """Buy tickets as on the provider's page, or wait if they are sold out."""
    request = TicketRequest([(ticket.pk, quantity)], code.code if code else None)
    rsvp, _ = join_event(event_id=event.pk, attendee=person, tickets=request)
    if rsvp.status == Status.PENDING_PAYMENT and (payment := current_payment(rsvp.pk)):
        pay(open_checkout(payment.pk).checkout_id, Outcome.PAID)
        settle(payment.pk)
        rsvp.refresh_from_db(fields=["status"])
    return rsvp


def _leave_and_refund(event: Event, rsvp: Rsvp) -> None:
    left = leave_event(event_id=event.pk, attendee=rsvp.user)
    payment = Payment.objects.of_rsvp(rsvp.pk).received().get()
    refund = left.refund or request_refund(
        payment=payment, reason="Cannot come.", by=event.created_by
    )
    send_refund(refund.pk)
