"""The way to the provider's page: write the payment, open the page, and close it again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from core.background import nudge_on_commit
from core.errors import BadValue
from events.exceptions import PaymentsNotConfigured
from events.models import Event, RefundPolicy
from notifications.alerts import alert_admins
from payments.exceptions import (
    PaymentProviderUnavailable,
    PaymentRefused,
    SeatsGone,
    UnknownProvider,
)
from payments.gateways import registry
from payments.gateways.base import Checkout, Item, Order, Outcome, ProviderError, ProviderRefused
from payments.models import Payment, PaymentLine, PaymentQuerySet
from payments.services.locks import lock_payment
from payments.services.references import reference_of
from payments.services.refunds import WORK
from payments.services.settlement import end, record_state
from payments.signals import payment_approved

# How long a payment that was approved late has for its capture.
_CAPTURE_WITHIN = timedelta(minutes=10)
# If the server dies amid a replacement, the payment ends after this time.
_REPLACE_WITHIN = timedelta(minutes=1)
# Another fetch is needed only after another process has recorded its own.
_MOST_FETCHES = 5


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


def request_cancel(payment: Payment) -> None:
    """Have an open payment cancelled in the background, after this transaction.

    It stays open, and its seats held, until the provider confirms that nobody can pay any more.
    """
    request_cancels(Payment.objects.filter(pk=payment.pk))


def request_cancels(payments: PaymentQuerySet) -> None:
    """Do as `request_cancel` for all of these that are open."""
    open_ones = payments.filter(status=Payment.Status.OPEN)
    open_ones.update(is_cancel_requested=True, due_at=timezone.now(), tries=0)
    nudge_on_commit(WORK)


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


def _expire_page(payment: Payment) -> bool:
    gateway = registry.get(payment.provider)
    return gateway.expire(payment.checkout_id, account=payment.account)


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
