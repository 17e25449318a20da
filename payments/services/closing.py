"""The end of payments that are still open: the provider closes its page first."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.background import nudge_on_commit
from payments.exceptions import UnknownProvider
from payments.gateways import registry
from payments.gateways.base import ProviderError
from payments.models import Payment, PaymentQuerySet
from payments.services.locks import lock_payment
from payments.services.refunds import WORK
from payments.services.settlement import end
from payments.services.states import settle

# If the server dies amid a replacement, the payment ends after this time.
_REPLACE_WITHIN = timedelta(minutes=1)


def request_cancel(payment: Payment) -> None:
    """Have an open payment cancelled in the background, after this transaction.

    It stays open, and its seats held, until the provider confirms that nobody can pay any more.
    """
    request_cancels(Payment.objects.filter(pk=payment.pk))


def request_cancel_for(rsvp_id: int) -> None:
    """Do as `request_cancel` for the payment of an RSVP, if it has one that is open."""
    request_cancels(Payment.objects.of_rsvp(rsvp_id))


def request_cancels(payments: PaymentQuerySet) -> None:
    """Do as `request_cancel` for all of these that are open."""
    open_ones = payments.filter(status=Payment.Status.OPEN)
    open_ones.update(is_cancel_requested=True, due_at=timezone.now(), tries=0)
    nudge_on_commit(WORK)


def cancel_payment(payment_id: int) -> None:
    """Close the page of an open payment and end it, or settle it if it was just paid.

    Outside of a transaction. Raises ProviderError.
    """
    Payment.objects.filter(pk=payment_id, status=Payment.Status.OPEN).update(
        is_cancel_requested=True
    )
    close(payment_id)


def replace(payment_id: int, take: Callable[[Payment], None]) -> None:
    """Close the page of an open payment, then have `take` write another one for the same RSVP.

    The second half is one transaction, and sends no `payment_ended`: a waiting party must not get
    the seats in between. `take` gets the payment, which is cancelled, or has ended by other ways
    meanwhile. Outside of a transaction. Raises ProviderError; the payment keeps its end.
    """
    ends_at = timezone.now() + _REPLACE_WITHIN
    payments = Payment.objects.filter(pk=payment_id, status=Payment.Status.OPEN)
    # The provider tells us that the page was closed, which must not free the seats meanwhile.
    payments.filter(is_cancel_requested=False).exclude(provider__in=registry.CAPTURES).update(
        is_cancel_requested=True, due_at=ends_at
    )

    def finish(payment: Payment) -> None:
        if payment.is_open:
            payment.status, payment.due_at = Payment.Status.CANCELLED, None
            payment.save(update_fields=["status", "due_at"])
        take(payment)

    try:
        close(payment_id, finish)
    except (ProviderError, UnknownProvider):
        # Its page can be closed all the same, so the next request gets a new one.
        payments.filter(due_at=ends_at).update(due_at=F("expires_at"))
        raise


def close(payment_id: int, finish: Callable[[Payment], None] = end) -> None:
    """End an open payment: the provider first, then we, by `finish`. Raises ProviderError.

    Seats must not be given to others while the page can be paid. An order that can't be voided
    ends by our clock, because no money moves before its capture.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.checkout_id:
        _close_page(payment)
    with transaction.atomic():
        locked = lock_payment(payment_id)
        has_new_page = locked.checkout_id != payment.checkout_id
        if not has_new_page:
            finish(locked)
        if not has_new_page and locked.status not in Payment.UNENDED and locked.due_at:
            locked.due_at = None  # the page was made after the end, or `request_states`
            locked.save(update_fields=["due_at"])
    if has_new_page:  # the response to its creation came meanwhile
        close(payment_id, finish)


def _close_page(payment: Payment) -> None:
    """Expire the page, or settle what was paid on it."""
    may_be_payable = payment.is_open or payment.status in Payment.ENDED
    if may_be_payable and _expire_page(payment):
        return
    settle(payment.pk)
    payment.refresh_from_db()
    if payment.is_open and not registry.captures(payment.provider):
        raise ProviderError("The page is neither expired nor paid.")


def _expire_page(payment: Payment) -> bool:
    gateway = registry.get(payment.provider)
    return gateway.expire(payment.checkout_id, account=payment.account)
