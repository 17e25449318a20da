"""Tickets that buyers give back, and what they get for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from core.background import nudge_on_commit
from core.database import rows
from events.models import Event
from payments.models import Payment, PaymentLine, Refund
from payments.services.refunds import WORK, amounts_left, refund_rest

_RETURNED = "Tickets were given back in time."


def return_tickets(kept: Mapping[int, Mapping[int, int]], *, by: User) -> dict[int, Refund]:
    """Record the tickets that parties gave back, and refund those whose terms still allow it.

    `kept` has the tickets that each party still has: RSVP ID, ticket type ID, quantity. Returns the
    refunds by RSVP ID. Call it in the transaction that changes the seats, with the tallies locked:
    nothing else can refund these payments then. The number of statements does not grow with the
    parties. A disputed payment is left to the banks, and a refund is never more than what is left.
    """
    lines = PaymentLine.objects.still_held().filter(payment__rsvp_id__in=list(kept))
    of_payments: defaultdict[Payment, list[PaymentLine]] = defaultdict(list)
    for line in lines.select_related("payment__event").order_by("payment", "pk"):
        of_payments[line.payment].append(line)
    now = timezone.now()
    amounts = {
        payment: amount
        for payment, amount in _take_back(of_payments, kept).items()
        if payment.is_refundable_at(now)
    }
    left = amounts_left(amounts)
    refunds = [
        Refund(
            payment=payment,
            amount=min(amount, left[payment.pk]),
            reason=_RETURNED,
            requested_by=by,
            due_at=now,
        )
        for payment, amount in amounts.items()
        if min(amount, left[payment.pk]) > 0
    ]
    Refund.objects.bulk_create(refunds)
    nudge_on_commit(WORK)
    return {refund.payment.rsvp_id: refund for refund in refunds}


def extend_refunds(events: Sequence[Event]) -> None:
    """Leave buyers the hours of their terms before the new start of these events.

    An earlier start takes no time away. The tallies must be locked.
    """
    starts = {event.pk: event.start_time for event in events}
    payments = Payment.objects.filter(event__in=starts, refund_until__isnull=False)
    for event_id, hours in (
        payments.order_by().values_list("event", "refund_until_hours").distinct()
    ):
        until = starts[event_id] - timedelta(hours=hours)
        earlier = payments.filter(event=event_id, refund_until_hours=hours, refund_until__lt=until)
        earlier.update(refund_until=until)


def return_all(payment: Payment, *, reason: str) -> None:
    """Refund all that is left, because the buyer gets no seats for it."""
    _take_back({payment: payment.lines.all()}, {})
    refund_rest(payment=payment, reason=reason)


def _take_back(
    of_payments: Mapping[Payment, Iterable[PaymentLine]], kept: Mapping[int, Mapping[int, int]]
) -> dict[Payment, int]:
    """Keep these tickets, and return what the others of each payment cost."""
    amounts, changed = dict.fromkeys(of_payments, 0), []
    for payment, lines in of_payments.items():
        tickets = kept.get(payment.rsvp_id, {})
        for line in lines:
            held, keeps = line.kept, min(line.kept, tickets.get(line.ticket_type_id, 0))
            if keeps == held:
                continue
            amounts[payment] += line.amount_of(held) - line.amount_of(keeps)
            line.returned = line.quantity - keeps
            changed.append(line)
    rows.update(changed, ("returned",))
    return amounts
