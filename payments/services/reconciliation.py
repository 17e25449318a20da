"""Comparison of our payments with what the providers say. It only reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from core.errors import RuleBroken
from payments.gateways import registry
from payments.gateways.base import CheckoutState, Outcome, ProviderError
from payments.models import Payment, Refund


@dataclass(frozen=True)
class Difference:
    payment_id: int
    field: str
    ours: str
    theirs: str


def reconcile(*, days: int) -> Iterator[Difference]:
    """Compare the payments of the last days with their providers, outside of a transaction."""
    since = timezone.now() - timedelta(days=days)
    recent = Payment.objects.filter(created_at__gte=since).exclude(checkout_id="").order_by("pk")
    for payment in recent.iterator():
        try:
            state = registry.get(payment.provider).fetch(
                checkout_id=payment.checkout_id,
                provider_payment_id=payment.provider_payment_id,
                account=payment.account,
            )
        except (ProviderError, RuleBroken) as error:
            yield Difference(payment.pk, "provider", payment.status, str(error))
            continue
        for field, ours, theirs in _compared(payment, state):
            if ours != theirs:
                yield Difference(payment.pk, field, str(ours), str(theirs))


def _compared(payment: Payment, state: CheckoutState) -> Iterator[tuple[str, object, object]]:
    is_paid = payment.paid_at is not None
    yield "is_paid", is_paid, state.outcome == Outcome.PAID
    if not is_paid:
        return
    yield "amount", payment.received_amount, state.amount
    yield "currency", payment.received_currency, state.currency
    done = sum(refund.amount for refund in state.refunds if refund.status == Refund.Status.DONE)
    yield "refunded", payment.refunded_amount, done
    booked = payment.refunds.filter(status=Refund.Status.DONE).aggregate(sum=Sum("amount"))
    yield "refunds", payment.refunded_amount, booked["sum"] or 0
    is_disputed = payment.status == Payment.Status.DISPUTED
    yield "is_disputed", is_disputed, state.is_disputed
