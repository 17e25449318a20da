"""The way to the provider's page: write the payment, and open the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.background import nudge_on_commit
from core.errors import BadValue
from events.exceptions import PaymentsNotConfigured
from events.models import Event, RefundPolicy
from notifications.alerts import alert_admins
from payments.exceptions import PaymentProviderUnavailable, PaymentRefused
from payments.gateways import registry
from payments.gateways.base import Checkout, Item, Order, ProviderError, ProviderRefused
from payments.models import Payment, PaymentLine
from payments.services.locks import lock_payment
from payments.services.references import reference_of
from payments.services.refunds import WORK


@dataclass(frozen=True)
class Line:
    """Tickets of one type; `discount` is for the whole line. Amounts are in minor units."""

    ticket_type_id: int
    quantity: int
    unit_amount: int
    discount: int = 0


def create_payment(
    *,
    event: Event,
    payer: User,
    rsvp_id: int,
    lines: Sequence[Line],
    currency: str,
    expires_at: datetime,
    provider: str | None = "",
) -> Payment:
    """Write a payment, in the caller's transaction with the tally locked; call no provider.

    It keeps the present prices and the refund policy of the event.

    Without `provider` it is the first that is on; None leaves it to `choose_provider`, and raises
    nothing. Raises NoProvider, and BadValue for a provider that is off, or can't charge
    this amount.
    """
    amount = sum(line.quantity * line.unit_amount - line.discount for line in lines)
    name = "" if provider is None else provider_for(amount, currency, provider)
    payment = Payment.objects.create(
        event=event,
        payer=payer,
        rsvp_id=rsvp_id,
        amount=amount,
        currency=currency,
        provider=name,
        expires_at=expires_at,
        due_at=expires_at,
        refund_policy=event.refund_policy,
        refund_until=_end_of_refunds(event),
        refund_until_hours=event.refund_until_hours,
    )
    PaymentLine.objects.bulk_create(
        PaymentLine(
            payment=payment,
            ticket_type_id=line.ticket_type_id,
            quantity=line.quantity,
            unit_amount=line.unit_amount,
            discount=line.discount,
        )
        for line in lines
    )
    return payment


def _end_of_refunds(event: Event) -> datetime | None:
    if event.refund_policy == RefundPolicy.NONE:
        return None
    return event.start_time - timedelta(hours=event.refund_until_hours)


def choose_provider(payment: Payment, provider: str) -> bool:
    """Give an open payment its provider, unless it has one; return false if that is another one.

    Without `provider` any one fits. A payment that is being cancelled is no longer to be paid: also
    false. Call and raises as `create_payment`.
    """
    is_usable = not payment.is_cancel_requested
    if not payment.is_open or (
        is_usable and payment.provider and provider in ("", payment.provider)
    ):
        return True
    name = provider_for(payment.amount, payment.currency, provider)
    if payment.provider or not is_usable:
        return False
    payment.provider = name
    payment.save(update_fields=["provider"])
    return True


def provider_for(amount: int, currency: str, provider: str) -> str:
    """Return the provider to charge this amount. Raises as `create_payment` does."""
    name = provider or registry.default()
    if name not in registry.names():
        registry.default()
        message = f"This server takes no payments by {name}. Use {' or '.join(registry.names())}."
        raise BadValue("provider", "invalid_choice", message)
    try:
        registry.get(name).check_amount(amount, currency)
    except ValueError as error:
        raise BadValue("tickets", "invalid", str(error)) from error
    return name


def check_prices(amounts: Sequence[int], currency: str) -> None:
    """Refuse prices that no provider of this server can charge.

    Raises PaymentsNotConfigured without any, and BadValue.
    """
    refused: list[str] = []
    for name in registry.names():
        try:
            for amount in amounts:
                registry.get(name).check_amount(amount, currency)
        except ValueError as error:
            refused.append(str(error))
        else:
            return
    if not refused:
        raise PaymentsNotConfigured
    raise BadValue("price", "invalid_amount", refused[0])


def current_payment(rsvp_id: int) -> Payment | None:
    """Return the payment of an RSVP that is open or processing."""
    return Payment.objects.of_rsvp(rsvp_id).unended().first()


def open_checkout(payment_id: int) -> Payment:
    """Have the provider make a page for an open payment, outside of a transaction.

    A page that was made before is returned, also if its response was lost. Raises
    PaymentProviderUnavailable, and PaymentRefused if a repetition can't help; admins are told then.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.checkout_id or not payment.is_open:
        return payment
    gateway = registry.get(payment.provider)
    try:
        checkout = gateway.create_checkout(_order(payment))
    except ProviderRefused as error:
        alert_admins(
            f"{payment.provider} refuses payments of event {payment.event_id}",
            f"The buyer of payment {payment.pk} could not pay: {error}. Stripe refuses very small "
            "amounts, for example. Check the prices and discounts of the event.",
            occasion=f"event {payment.event_id} refused by {payment.provider}",
        )
        raise PaymentRefused from error
    except ProviderError as error:
        raise PaymentProviderUnavailable from error
    return _keep(payment_id, checkout)


@transaction.atomic
def _keep(payment_id: int, checkout: Checkout) -> Payment:
    payment = lock_payment(payment_id)
    if not payment.checkout_id:
        payment.checkout_id, payment.checkout_url = checkout.id, checkout.url
        if not payment.is_open:  # it ended during the call; the page is closed in the background
            payment.due_at = timezone.now()
            nudge_on_commit(WORK)
        payment.save(update_fields=["checkout_id", "checkout_url", "due_at"])
    return payment


def _order(payment: Payment) -> Order:
    lines = payment.lines.select_related("ticket_type")
    page = f"{settings.FRONTEND_URL}/payments/{payment.pk}"
    return Order(
        payment_id=payment.pk,
        reference=reference_of(payment.pk),
        amount=payment.amount,
        currency=payment.currency,
        items=tuple(Item(line.ticket_type.name, line.quantity, line.amount) for line in lines),
        expires_at=payment.expires_at,
        success_url=f"{page}?result=success",
        cancel_url=f"{page}?result=cancel",
        idempotency_key=f"checkout-{payment.pk}",
        account=payment.account,
    )
