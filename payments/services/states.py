"""The present states of payments at their providers, fetched and recorded."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core.background import nudge_on_commit
from payments.exceptions import SeatsGone
from payments.gateways import registry
from payments.gateways.base import Outcome, ProviderError, ProviderRefused
from payments.models import Payment, PaymentQuerySet
from payments.services.checkout import current_payment
from payments.services.locks import lock_payment
from payments.services.refunds import WORK
from payments.services.settlement import end, record_state
from payments.signals import payment_approved

# How long a payment that was approved late has for its capture.
_CAPTURE_WITHIN = timedelta(minutes=10)
# Another fetch is needed only after another process has recorded its own.
_MOST_FETCHES = 5


def request_states(payments: PaymentQuerySet) -> int:
    """Have the present states fetched from the providers in the background; return how many.

    Open payments are left out: they are looked at when their holds end.
    """
    number = (
        payments.exclude(status=Payment.Status.OPEN)
        .exclude(checkout_id="")
        .update(due_at=timezone.now(), tries=0)
    )
    nudge_on_commit(WORK)
    return number


def settle(payment_id: int) -> None:
    """Fetch the present state from the provider and record it; take approved money.

    Outside of a transaction. Raises ProviderError.
    """
    for _ in range(_MOST_FETCHES):
        if _settle_once(payment_id):
            return
    raise ProviderError("Newer states were recorded all the time.")


def _settle_once(payment_id: int) -> bool:
    """Return whether it is settled; False if another state was recorded during the call."""
    payment = Payment.objects.get(pk=payment_id)
    if not payment.checkout_id:
        return True
    gateway = registry.get(payment.provider)
    state = gateway.fetch(
        checkout_id=payment.checkout_id,
        provider_payment_id=payment.provider_payment_id,
        account=payment.account,
    )
    if state.outcome == Outcome.APPROVED:
        if not _take_seats(payment_id):
            return True
        try:
            state = gateway.capture(
                payment.checkout_id,
                idempotency_key=f"capture-{payment.pk}",
                account=payment.account,
            )
        except ProviderRefused:
            return True  # the buyer may choose another means of payment until the hold ends
    return record_state(payment, state)


def _take_seats(payment_id: int) -> bool:
    """Have the seats taken again before the capture; return whether they were.

    A payment that has expired becomes open again then, so that a failed capture frees the seats.
    Nothing is taken from buyers who have asked to leave.
    """
    with transaction.atomic():
        payment = lock_payment(payment_id)
        has_expired = payment.status == Payment.Status.EXPIRED
        if payment.is_cancel_requested or not (payment.is_open or has_expired):
            return False
        if has_expired and current_payment(payment.rsvp_id):
            return False
        try:
            with transaction.atomic():
                payment_approved.send(Payment, payment=payment)
        except SeatsGone:
            if payment.is_open:
                end(payment)
            return False
        if has_expired:
            payment.status = Payment.Status.OPEN
            payment.expires_at = payment.due_at = timezone.now() + _CAPTURE_WITHIN
            payment.save(update_fields=["status", "expires_at", "due_at"])
        return True
