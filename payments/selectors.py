"""Queries for payments, and their totals."""

from collections.abc import Collection
from typing import Any

from django.db.models import F, Sum

from accounts.models import User
from core.money import to_text
from events.models import Event
from payments.exceptions import PaymentNotFound
from payments.models import Payment, PaymentQuerySet

_WITH_DETAILS = ("lines", "refunds")


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


def totals_of(event: Event) -> dict[str, dict[str, str]]:
    """Return what was received, by currency; `paid` includes what was refunded later."""
    received = Payment.objects.filter(event=event).received().order_by("received_currency")
    sums = received.values_list("received_currency").annotate(
        Sum("received_amount"), Sum("refunded_amount"), Sum("fee")
    )
    return {
        currency: {
            name: to_text(amount, currency)
            for name, amount in (
                ("paid", paid),
                ("refunded", refunded),
                ("fees", fees or 0),
                ("net", paid - refunded - (fees or 0)),
            )
        }
        for currency, paid, refunded, fees in sums
    }


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
