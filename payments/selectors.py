"""Queries for payments, and their totals."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from django.db.models import F, Sum

from accounts.models import User
from core.money import to_text
from events.models import Event
from payments.exceptions import PaymentNotFound
from payments.models import Payment, PaymentQuerySet

_WITH_DETAILS = ("lines", "refunds")
# The amounts of a payment are shared out by those of its lines, to the minor unit: the share of a
# line is what the lines up to it have, less what those before it have.
_BY_TICKET_TYPE = """
SELECT ticket_type_id, currency, SUM(quantity),
  SUM(paid * upto / total - paid * (upto - own) / total),
  SUM(refunded * upto / total - refunded * (upto - own) / total),
  SUM(fees * upto / total - fees * (upto - own) / total)
FROM (
  SELECT line.ticket_type_id, line.quantity,
    line.quantity * line.unit_amount - line.discount AS own,
    SUM(line.quantity * line.unit_amount - line.discount)
      OVER (PARTITION BY line.payment_id ORDER BY line.id) AS upto,
    payment.received_currency AS currency, payment.received_amount AS paid,
    payment.refunded_amount AS refunded, COALESCE(payment.fee, 0) AS fees, payment.amount AS total
  FROM payments_payment AS payment
  JOIN payments_paymentline AS line ON line.payment_id = payment.id
  WHERE payment.event_id = %s AND payment.paid_at IS NOT NULL
) AS lines
GROUP BY ticket_type_id, currency
"""
Totals = dict[str, dict[str, str]]


def payments_of(user: User) -> PaymentQuerySet:
    """Return the payments that the person made, newest first."""
    return Payment.objects.filter(payer=user).prefetch_related(*_WITH_DETAILS).order_by("-id")


def payments_for(event: Event) -> PaymentQuerySet:
    return Payment.objects.filter(event=event).prefetch_related(*_WITH_DETAILS).order_by("-id")


def get_payment(*, payment_id: int, user: User) -> Payment:
    """Raises PaymentNotFound, also for payments that the person may not see."""
    payments = Payment.objects.visible_to(user).select_related("event")
    try:
        return payments.prefetch_related(*_WITH_DETAILS).get(pk=payment_id)
    except Payment.DoesNotExist as error:
        raise PaymentNotFound from error


def open_payments(rsvp_ids: Collection[int]) -> dict[int, Payment]:
    """Return the payments that can be paid now, by RSVP, with one query; none if there are no IDs.

    They have the page of the provider as it is kept here: empty if none was made.
    """
    if not rsvp_ids:
        return {}
    payments = Payment.objects.filter(rsvp_id__in=rsvp_ids, status=Payment.Status.OPEN)
    return {payment.rsvp_id: payment for payment in payments.order_by()}


def totals_of(payments: PaymentQuerySet) -> Totals:
    """Return what was received, by currency; `paid` includes what was refunded later."""
    sums = _sums_by(payments, "received_currency")
    return {currency: amounts(currency, *numbers) for currency, *numbers in sums}


def totals_by_event(event_ids: Iterable[int]) -> dict[int, Totals]:
    """Return the totals of each of these events that has any."""
    payments = Payment.objects.filter(event__in=list(event_ids))
    totals: dict[int, Totals] = {}
    for event_id, currency, *numbers in _sums_by(payments, "event", "received_currency"):
        totals.setdefault(event_id, {})[currency] = amounts(currency, *numbers)
    return totals


def totals_by_ticket_type(event: Event) -> dict[tuple[int, str], tuple[int, dict[str, str]]]:
    """Return the number of paid tickets and the amounts, by ID of the type and currency.

    Payments are shared out by the amounts of their lines. The types add up to the totals.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BY_TICKET_TYPE, [event.pk])
        rows: list[Any] = cursor.fetchall()
    return {
        (type_id, currency): (int(tickets), amounts(currency, *map(int, numbers)))
        for type_id, currency, tickets, *numbers in rows
    }


def amounts(currency: str, paid: int, refunded: int, fees: int | None) -> dict[str, str]:
    """Return amounts in minor units as text, and what is left of them; no fee is None."""
    fees = fees or 0
    minor = {"paid": paid, "refunded": refunded, "fees": fees, "net": paid - refunded - fees}
    return {name: to_text(amount, currency) for name, amount in minor.items()}


def _sums_by(payments: PaymentQuerySet, *columns: str) -> Any:
    grouped = payments.received().order_by(*columns).values_list(*columns)
    return grouped.annotate(Sum("received_amount"), Sum("refunded_amount"), Sum("fee"))


def export_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """Return a person's payments, and the refunds that they got or requested."""
    payments = Payment.objects.filter(payer=user).annotate(event_title=F("event__title"))
    lines = payments.values(
        "lines__id", "lines__payment_id", "lines__quantity", "lines__unit_amount",
        "lines__discount", ticket_type=F("lines__ticket_type__name"),
    )  # fmt: skip
    refunds = payments.exclude(refunds=None).values(
        "refunds__id", "refunds__payment_id", "refunds__amount", "refunds__status",
        "refunds__reason", "refunds__created_at", "refunds__finished_at",
    )  # fmt: skip
    hidden = {"checkout_url", "due_at", "state_version", "tries"}
    return {
        "payments.payment": [
            {name: value for name, value in row.items() if name not in hidden}
            for row in payments.order_by("pk").values()
        ],
        "payments.paymentline": [_plain(row, "lines__") for row in lines.order_by("lines__id")],
        "payments.refund": [_plain(row, "refunds__") for row in refunds.order_by("refunds__id")],
    }


def _plain(row: Any, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in row.items()}
