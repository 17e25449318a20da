"""Comparison of our payments with what the providers say. It only reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from core.errors import RuleBroken
from payments.gateways import registry
from payments.gateways.base import CheckoutState, Outcome, ProviderError
from payments.models import Payment
from payments.notifications import money

_PAYABLE = frozenset({Outcome.OPEN, Outcome.APPROVED})
_NOT_PAID = frozenset({Outcome.EXPIRED, Outcome.FAILED})


@dataclass(frozen=True)
class Difference:
    """A field, with our value and the provider's as texts."""

    field: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class Comparison:
    payment: Payment
    differences: tuple[Difference, ...]


def reconcile(*, days: int, after: int = 0) -> Iterator[Comparison]:
    """Compare the payments of the last days with their providers, outside of a transaction.

    One by one in the order of their IDs, from the first after `after` on. A provider that does not
    answer, or is off, is a difference, too.
    """
    since = timezone.now() - timedelta(days=days)
    recent = Payment.objects.filter(created_at__gte=since, pk__gt=after).exclude(checkout_id="")
    for pk in recent.order_by("pk").values_list("pk", flat=True).iterator():
        # Read just before the call, which can come minutes after the first one.
        payment = Payment.objects.select_related("event").prefetch_related("refunds").get(pk=pk)
        yield Comparison(payment, tuple(_differences(payment)))


def _differences(payment: Payment) -> Iterator[Difference]:
    try:
        state = registry.get(payment.provider).fetch(
            checkout_id=payment.checkout_id,
            provider_payment_id=payment.provider_payment_id,
            account=payment.account,
        )
    except (ProviderError, RuleBroken) as error:
        yield Difference("provider", payment.status, str(error))
        return
    if state.outcome not in _outcomes(payment):
        yield Difference("status", payment.status, state.outcome)
    elif state.outcome == Outcome.PAID:
        texts = [*_received(payment, state), *_refunds(payment, state)]
        yield from (Difference(*text) for text in texts if text[1] != text[2])


def _outcomes(payment: Payment) -> frozenset[Outcome]:
    """Return what the provider can say of a payment with this status."""
    if payment.status == Payment.Status.OPEN:
        return _PAYABLE
    if payment.status == Payment.Status.PROCESSING:
        return frozenset({Outcome.PROCESSING})
    if payment.status in Payment.ENDED:
        # Orders that are captured by us can't be voided.
        return _NOT_PAID | _PAYABLE if registry.captures(payment.provider) else _NOT_PAID
    return frozenset({Outcome.PAID})


def _received(payment: Payment, state: CheckoutState) -> Iterator[tuple[str, str, str]]:
    currency = payment.received_currency
    yield "amount", _text(payment.received_amount, currency), _text(state.amount, state.currency)
    yield "fee", _text(payment.fee, currency), _text(state.fee, state.currency)
    done = sum(refund.amount for refund in state.refunds if refund.status == "done")
    yield "refunded", _text(payment.refunded_amount, currency), _text(done, state.currency)
    is_disputed = payment.status == Payment.Status.DISPUTED
    if payment.status != Payment.Status.REFUNDED:  # nothing is left to dispute about
        yield "dispute", _open_or_none(is_disputed), _open_or_none(state.is_disputed)


def _refunds(payment: Payment, state: CheckoutState) -> Iterator[tuple[str, str, str]]:
    """Compare refunds by the provider's ID; failed ones that we never booked do not matter."""
    currency = payment.received_currency
    ours = {
        row.provider_refund_id: f"{_text(row.amount, currency)} {row.status}"
        for row in payment.refunds.all()
        if row.provider_refund_id
    }
    theirs = {
        refund.id: f"{_text(refund.amount, state.currency)} {refund.status}"
        for refund in state.refunds
        if refund.status != "failed" or refund.id in ours
    }
    for number in sorted(ours.keys() | theirs.keys()):
        yield f"refund {number}", ours.get(number, "missing"), theirs.get(number, "missing")


def _open_or_none(is_disputed: bool) -> str:
    return "open" if is_disputed else "none"


def _text(amount: int | None, currency: str) -> str:
    return "unknown" if amount is None else money(amount, currency)
