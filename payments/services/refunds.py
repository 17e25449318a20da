"""Refunds: written with what they are for, and sent to the provider in the background."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from core.background import nudge_on_commit
from core.errors import BadValue
from notifications.alerts import alert_admins
from payments import notifications
from payments.exceptions import NothingToRefund, PaymentDisputed, RefundTooLarge
from payments.gateways import registry
from payments.gateways.base import ProviderError, ProviderRefused, RefundState
from payments.models import Payment, Refund
from payments.services.locks import lock_payment
from payments.signals import payment_refunded

WORK = "payments.tasks.work_on_payments"
# With growing pauses: more than half a day.
MOST_TRIES = 20


@transaction.atomic
def request_refund(
    *, payment: Payment, amount: int | None = None, reason: str = "", by: User | None = None
) -> Refund:
    """Write a refund in the caller's transaction; the provider is called after it.

    Without an amount it is all that is left. Raises BadValue for amounts below 1, PaymentDisputed,
    NothingToRefund and RefundTooLarge.
    """
    locked = lock_payment(payment.pk)
    if locked.status == Payment.Status.DISPUTED:
        raise PaymentDisputed
    left = left_to_refund(locked)
    wanted = left if amount is None else amount
    if wanted < 1 and amount is not None:
        raise BadValue("amount", "min_value", "The amount must be more than 0.")
    if left < 1:
        raise NothingToRefund
    if wanted > left:
        raise RefundTooLarge
    refund = Refund.objects.create(
        payment=locked, amount=wanted, reason=reason, requested_by=by, due_at=timezone.now()
    )
    nudge_on_commit(WORK)
    return refund


@transaction.atomic
def refund_rest(*, payment: Payment, reason: str) -> None:
    """Refund all that is left, in the caller's transaction, if anything is.

    The money can have gone back at the provider. Banks decide about disputed payments.
    """
    locked = lock_payment(payment.pk)
    if locked.status != Payment.Status.DISPUTED and left_to_refund(locked):
        request_refund(payment=locked, reason=reason)


def left_to_refund(payment: Payment) -> int:
    """Return the received money that no refund has taken or will take."""
    return amounts_left([payment])[payment.pk]


def amounts_left(payments: Collection[Payment]) -> dict[int, int]:
    """Return what is `left_to_refund` of each payment, by its ID, with one query."""
    taken = Refund.objects.exclude(status=Refund.Status.FAILED).filter(payment__in=payments)
    sums = dict(taken.order_by().values_list("payment").annotate(Sum("amount")))
    return {
        payment.pk: (payment.received_amount or 0) - sums.get(payment.pk, 0) for payment in payments
    }


def send_refund(refund_id: int) -> None:
    """Ask the provider for a pending refund, outside of a transaction. Raises ProviderError.

    After the last try, and if the provider refuses it, the refund has failed.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    payment = refund.payment
    if refund.status != Refund.Status.PENDING or refund.provider_refund_id:
        return
    if payment.status == Payment.Status.DISPUTED:
        _fail(refund_id, "The payer disputes the payment.")
        return
    gateway = registry.get(payment.provider)
    try:
        state = gateway.refund(
            provider_payment_id=payment.provider_payment_id,
            amount=refund.amount,
            currency=payment.received_currency,
            refund_id=refund.pk,
            idempotency_key=f"refund-{refund.pk}",
            account=payment.account,
        )
    except ProviderRefused as error:
        _fail(refund_id, str(error))
    except ProviderError as error:
        if refund.tries < MOST_TRIES:
            raise
        _fail(refund_id, str(error))
    else:
        with transaction.atomic():
            locked = lock_payment(payment.pk)
            row = Refund.objects.get(pk=refund_id)
            is_finished = row.provider_refund_id and row.status != Refund.Status.PENDING
            if not is_finished:  # else its state was fetched after this response
                finish_refund(locked, row, state)


def finish_refund(payment: Payment, refund: Refund, state: RefundState) -> None:
    """Record what the provider says of a refund, with the payment locked. Safe to repeat."""
    was_done = refund.status == Refund.Status.DONE
    if not refund.provider_refund_id:
        refund.provider_refund_id, refund.due_at = state.id, None
        refund.save(update_fields=["provider_refund_id", "due_at"])
    if state.status == refund.status:
        return
    if state.status == Refund.Status.DONE:
        _set_status(refund, Refund.Status.DONE)
        _change_refunded(payment, refund.amount)
        notifications.send_refunded(payment, refund)
        payment_refunded.send(Payment, payment=payment, refund=refund)
    elif state.status == Refund.Status.FAILED:
        _set_status(refund, Refund.Status.FAILED)
        if was_done:  # banks can return the money days later
            _change_refunded(payment, -refund.amount)
        _alert(payment, refund, "The provider could not pay it out.")
    elif not was_done:  # it had failed by our tries, and is on its way after all
        refund.status, refund.finished_at = Refund.Status.PENDING, None
        refund.save(update_fields=["status", "finished_at"])


@transaction.atomic
def _fail(refund_id: int, why: str) -> None:
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = lock_payment(payment_id)
    refund = Refund.objects.get(pk=refund_id)
    if refund.status == Refund.Status.PENDING and not refund.provider_refund_id:
        _set_status(refund, Refund.Status.FAILED)
        _alert(payment, refund, why)


def _set_status(refund: Refund, status: str) -> None:
    refund.status, refund.finished_at, refund.due_at = status, timezone.now(), None
    refund.save(update_fields=["status", "finished_at", "due_at"])


def _change_refunded(payment: Payment, by: int) -> None:
    payment.refunded_amount += by
    if payment.status != Payment.Status.DISPUTED:
        payment.status = payment.status_by_refunds
    payment.save(update_fields=["refunded_amount", "status"])


def _alert(payment: Payment, refund: Refund, why: str) -> None:
    amount = notifications.money(refund.amount, payment.received_currency)
    alert_admins(
        f"A refund of payment {payment.pk} failed",
        f"{amount} did not go back to the payer. {why} The payment can be refunded again: in the "
        f"admin, or in the dashboard of {payment.provider}.",
        occasion=f"refund {refund.pk} failed",
    )
