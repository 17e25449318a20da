"""Webhooks: kept before they are answered, and handled in the background."""

from django.db import transaction
from django.utils import timezone

from core.background import nudge_on_commit
from notifications.alerts import alert_admins
from payments.gateways.base import GatewayEvent
from payments.models import Payment, ProviderEvent
from payments.services.references import payment_id_of
from payments.services.refunds import WORK
from payments.services.states import settle

_LONGEST_ATTENTION = 500


@transaction.atomic
def keep_event(*, provider: str, event: GatewayEvent) -> bool:
    """Write the event; return whether it is new."""
    now = timezone.now()
    _, is_new = ProviderEvent.objects.get_or_create(
        provider=provider,
        event_id=event.id,
        defaults={
            "kind": event.kind[:100],
            "checkout_id": event.checkout_id,
            "provider_payment_id": event.provider_payment_id,
            "payment_id": payment_id_of(event.reference),
            "needs_attention": event.needs_attention[:_LONGEST_ATTENTION],
            "received_at": now,
            "due_at": now,
        },
    )
    nudge_on_commit(WORK)
    return is_new


def handle_event(event_pk: int) -> None:
    """Fetch the present state of what the event is about, and record it. Safe to repeat.

    The event itself decides nothing: events come more than once and in any order. Raises
    ProviderError.
    """
    event = ProviderEvent.objects.get(pk=event_pk)
    if event.handled_at is not None:
        return
    payment = _payment_of(event)
    if payment is not None:
        _learn_checkout(payment, event)
        settle(payment.pk)
    with transaction.atomic():
        if event.needs_attention:
            number = f"payment {payment.pk}" if payment else "an unknown payment"
            alert_admins(
                f"{event.provider} warns about {number}",
                event.needs_attention,
                occasion=f"provider event {event.pk}",
            )
        ProviderEvent.objects.filter(pk=event_pk).update(handled_at=timezone.now(), due_at=None)


def _payment_of(event: ProviderEvent) -> Payment | None:
    """Return the payment; None for those of other systems with the same account."""
    payments = Payment.objects.filter(provider=event.provider)
    if event.payment_id is not None:
        return payments.filter(pk=event.payment_id).first()
    if event.checkout_id and (found := payments.filter(checkout_id=event.checkout_id).first()):
        return found
    if event.provider_payment_id:
        return payments.filter(provider_payment_id=event.provider_payment_id).first()
    return None


def _learn_checkout(payment: Payment, event: ProviderEvent) -> None:
    """Keep the page whose creation was not answered, but which the buyer has paid."""
    if event.checkout_id and not payment.checkout_id:
        Payment.objects.filter(pk=payment.pk, checkout_id="").update(checkout_id=event.checkout_id)
