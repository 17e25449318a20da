"""The lock on a payment, which every change of its state takes."""

from events.services.tallies import lock_tally
from payments.exceptions import PaymentNotFound
from payments.models import Payment


def lock_payment(payment_id: int) -> Payment:
    """Lock a payment until the transaction ends, after the tally of its event.

    Receivers of signals change seats under that lock, and taking it later could deadlock. Raises
    PaymentNotFound.
    """
    event_id = Payment.objects.filter(pk=payment_id).values_list("event_id", flat=True).first()
    if event_id is None:
        raise PaymentNotFound
    lock_tally(event_id)
    return Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
