"""Tickets that buyers give back, and what they get for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.utils import timezone

from accounts.models import User
from payments.models import Payment, PaymentLine, Refund
from payments.services.refunds import left_to_refund, refund_rest, request_refund

_RETURNED = "Tickets were given back in time."


def return_tickets(kept: Mapping[int, Mapping[int, int]], *, by: User) -> dict[int, Refund]:
    """Record the tickets that parties gave back, and refund those whose terms still allow it.

    `kept` has the tickets that each party still has: RSVP ID, ticket type ID, quantity. Returns the
    refunds by RSVP ID. Call it in the transaction that changes the seats, with the tallies locked.
    A disputed payment is left to the banks, and a refund is never more than what is left.
    """
    lines = PaymentLine.objects.still_held().filter(payment__rsvp_id__in=list(kept))
    of_payments: defaultdict[Payment, list[PaymentLine]] = defaultdict(list)
    for line in lines.select_related("payment__event").order_by("payment", "pk"):
        of_payments[line.payment].append(line)
    refunds = {}
    for payment, its_lines in of_payments.items():
        amount = _take_back(its_lines, kept[payment.rsvp_id])
        if refund := _refund(payment, amount, by):
            refunds[payment.rsvp_id] = refund
    return refunds


def return_all(payment: Payment, *, reason: str) -> None:
    """Refund all that is left, because the buyer gets no seats for it."""
    _take_back(payment.lines.all(), {})
    refund_rest(payment=payment, reason=reason)


def _take_back(lines: Iterable[PaymentLine], kept: Mapping[int, int]) -> int:
    """Keep these tickets of one payment, and return what the others cost."""
    amount = 0
    for line in lines:
        held, keeps = line.kept, min(line.kept, kept.get(line.ticket_type_id, 0))
        if keeps == held:
            continue
        amount += line.amount_of(held) - line.amount_of(keeps)
        line.returned = line.quantity - keeps
        line.save(update_fields=["returned"])
    return amount


def _refund(payment: Payment, amount: int, by: User) -> Refund | None:
    if not payment.is_refundable_at(timezone.now()):
        return None
    amount = min(amount, left_to_refund(payment))
    if not amount:
        return None
    return request_refund(payment=payment, amount=amount, reason=_RETURNED, by=by)
