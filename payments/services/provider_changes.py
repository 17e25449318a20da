"""Another provider for a payment that is not paid yet."""

from functools import partial

from payments.models import Payment
from payments.services.checkout import Line, close, create_payment


def move_payment(payment_id: int, provider: str) -> None:
    """Replace an open payment with one at another provider, for the same seats until the same time.

    Outside of a transaction. The first provider closes its page before, so that nobody pays twice.
    A payment that was just made there is settled, and stays. Raises ProviderError.
    """
    close(payment_id, finish=partial(_replace, provider=provider))


def _replace(payment: Payment, *, provider: str) -> None:
    """Do it in one transaction and without a signal: no waiting party gets the seats in between."""
    if not payment.is_open:
        return
    payment.status, payment.due_at = Payment.Status.CANCELLED, None
    payment.save(update_fields=["status", "due_at"])
    moved = create_payment(
        event=payment.event,
        payer=payment.payer,
        rsvp_id=payment.rsvp_id,
        lines=[
            Line(line.ticket_type_id, line.quantity, line.unit_amount, line.discount)
            for line in payment.lines.all()
        ],
        currency=payment.currency,
        expires_at=payment.expires_at,
        provider=provider,
    )
    moved.refund_policy, moved.refund_until = payment.refund_policy, payment.refund_until
    moved.save(update_fields=["refund_policy", "refund_until"])
