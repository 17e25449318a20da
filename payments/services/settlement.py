"""The one place that moves payments by what providers say."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from notifications.alerts import alert_admins
from payments import notifications
from payments.gateways.base import CheckoutState, Outcome, RefundState
from payments.models import Payment, Refund
from payments.services.locks import lock_payment
from payments.services.refunds import finish_refund, left_to_refund
from payments.services.returns import return_all
from payments.signals import payment_ended, payment_processing, payment_settled

# Bank debits take days. Webhooks tell of their end; this finds those that were lost.
_LOOKED_AT_EVERY = timedelta(hours=12)


@transaction.atomic
def record_state(before: Payment, state: CheckoutState) -> bool:
    """Record what the provider knows, and return True. Safe to repeat.

    `before` is the payment as it was read before the state was fetched. If another state has been
    recorded since then, this one may be the older of the two: nothing is written, and the result
    is False. An older state would open a dispute again that was won, or close one that is new.

    An amount or currency that is not ours seats nobody: all of it goes back, and admins are told.
    """
    payment = lock_payment(before.pk)
    if payment.state_version != before.state_version:
        return False
    payment.state_version += 1  # also if nothing else changes: it was true at that time
    if state.provider_payment_id:
        payment.provider_payment_id = state.provider_payment_id
    if state.fee is not None:
        payment.fee = state.fee
    payment.save(update_fields=["provider_payment_id", "fee", "state_version"])
    was_paid, is_late = payment.paid_at is not None, payment.status in Payment.ENDED
    was_disputed = _is_disputed(payment)
    if not was_paid:
        _move(payment, state)
    if payment.paid_at is not None:
        _book_refunds(payment, state.refunds)
        _follow_dispute(payment, is_disputed=state.is_disputed)
        is_decided = was_disputed and not _is_disputed(payment)
        if not was_paid:
            _hand_over(payment, is_late=is_late)
        elif is_decided and not payment.is_as_asked:
            _give_back(payment)
    return True


def _move(payment: Payment, state: CheckoutState) -> None:
    if state.outcome == Outcome.PAID:
        _receive(payment, state)
    elif state.outcome == Outcome.PROCESSING and payment.status in Payment.UNENDED:
        is_new = payment.is_open
        payment.due_at = timezone.now() + _LOOKED_AT_EVERY
        _set_status(payment, Payment.Status.PROCESSING)
        if is_new:
            payment_processing.send(Payment, payment=payment)
    elif state.outcome == Outcome.FAILED and payment.status in Payment.UNENDED:
        end(payment, Payment.Status.FAILED)
    elif state.outcome == Outcome.EXPIRED and payment.is_open and not payment.is_cancel_requested:
        end(payment)  # else by whoever closes the page: another payment can replace it


def end(payment: Payment, status: str = "") -> None:
    """End a locked payment that was not paid; one that has ended stays as it is.

    Without a status it is cancelled if somebody asked for that, else expired.
    """
    if payment.status not in Payment.UNENDED or (not status and not payment.is_open):
        return
    if not status and payment.is_cancel_requested:
        status = Payment.Status.CANCELLED
    _set_status(payment, status or Payment.Status.EXPIRED)
    payment_ended.send(Payment, payment=payment)


def _receive(payment: Payment, state: CheckoutState) -> None:
    payment.received_amount = payment.amount if state.amount is None else state.amount
    payment.received_currency = state.currency or payment.currency
    payment.paid_at = timezone.now()
    payment.save(update_fields=["received_amount", "received_currency", "paid_at"])
    _set_status(payment, Payment.Status.PAID)
    if payment.is_as_asked:
        notifications.send_receipt(payment)


def _hand_over(payment: Payment, *, is_late: bool) -> None:
    """Have receivers decide about the seats, when it is known how much of the money is left."""
    if not payment.is_as_asked:
        if not is_late:
            payment_ended.send(Payment, payment=payment)
        _give_back(payment)
    elif not is_late or left_to_refund(payment):
        payment_settled.send(Payment, payment=payment, is_late=is_late)


def _give_back(payment: Payment) -> None:
    """Refund all of a wrong amount, and tell admins. A disputed one waits for the bank."""
    return_all(payment, reason="The amount or currency differs from ours.")
    received = notifications.money(payment.received_amount or 0, payment.received_currency)
    alert_admins(
        f"Payment {payment.pk} was paid with another amount",
        f"We asked for {notifications.money(payment.amount, payment.currency)}, and "
        f"{payment.provider} took {received}. Nobody got a seat, and all of it is refunded. Find "
        "out who changed the amount.",
        occasion=f"payment {payment.pk} mismatch",
    )


def _book_refunds(payment: Payment, states: tuple[RefundState, ...]) -> None:
    """Book refunds that the provider lists, those from its dashboard too."""
    if not states:
        return
    rows = list(payment.refunds.all())
    known = {row.provider_refund_id: row for row in rows if row.provider_refund_id}
    unanswered = {row.pk: row for row in rows if not row.provider_refund_id}
    for state in states:
        ours = unanswered.pop(state.refund_id, None) if state.refund_id else None
        row = known.get(state.id) or ours or Refund(payment=payment)
        if row._state.adding:
            if state.status == Refund.Status.FAILED:
                continue
            row.amount, row.reason = state.amount, "Refunded at the provider."
            row.save()
        known[state.id] = row
        finish_refund(payment, row, state)


def _follow_dispute(payment: Payment, *, is_disputed: bool) -> None:
    """A dispute that was won returns to what it was; a lost one is booked as a refund."""
    was_disputed = _is_disputed(payment)
    if is_disputed and payment.status != Payment.Status.REFUNDED and not was_disputed:
        _set_status(payment, Payment.Status.DISPUTED)
        alert_admins(
            f"Payment {payment.pk} is disputed",
            f"The payer disputes {notifications.money(payment.amount, payment.currency)} with "
            f"their bank. Answer in the dashboard of {payment.provider} before its deadline. It "
            "can't be refunded here meanwhile.",
            occasion=f"payment {payment.pk} dispute",
        )
    elif was_disputed and not is_disputed:
        _set_status(payment, payment.status_by_refunds)


def _is_disputed(payment: Payment) -> bool:
    return payment.status == Payment.Status.DISPUTED


def _set_status(payment: Payment, status: str) -> None:
    """Set the status; only open and processing payments are looked at again."""
    payment.status = status
    if status not in Payment.UNENDED:
        payment.due_at = None
    payment.save(update_fields=["status", "due_at"])
