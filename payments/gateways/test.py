"""The test provider: a page of ours that pays or declines. Only on in DEBUG without keys."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from payments.gateways.base import (
    BadSignature,
    Checkout,
    CheckoutState,
    GatewayEvent,
    Order,
    Outcome,
    ProviderRefused,
    RefundState,
)
from payments.models import SimulatedCheckout


class TestGateway:
    __test__ = False  # pytest: no test case
    name = "test"

    def check_amount(self, amount: int, currency: str) -> None:
        """Accept every amount."""

    def create_checkout(self, order: Order) -> Checkout:
        checkout, _ = SimulatedCheckout.objects.get_or_create(
            idempotency_key=order.idempotency_key,
            defaults={
                "token": token_urlsafe(24),
                "payment_id": order.payment_id,
                "amount": order.amount,
                "currency": order.currency,
                "success_url": order.success_url,
                "cancel_url": order.cancel_url,
            },
        )
        path = reverse("test-provider-page", args=[checkout.token])
        return Checkout(checkout.token, f"{settings.BASE_URL}{path}")

    def expire(self, checkout_id: str, *, account: str = "") -> bool:
        open_ones = SimulatedCheckout.objects.filter(token=checkout_id, outcome=Outcome.OPEN)
        open_ones.update(outcome=Outcome.EXPIRED)
        return _get(checkout_id).outcome == Outcome.EXPIRED

    def fetch(
        self, *, checkout_id: str, provider_payment_id: str = "", account: str = ""
    ) -> CheckoutState:
        checkout = _get(checkout_id)
        return CheckoutState(
            outcome=Outcome(checkout.outcome),
            amount=checkout.amount,
            currency=checkout.currency,
            provider_payment_id=checkout.token,
            fee=0 if checkout.outcome == Outcome.PAID else None,
            refunds=tuple(_refund_state(refund) for refund in checkout.refunds),
        )

    def capture(
        self, checkout_id: str, *, idempotency_key: str, account: str = ""
    ) -> CheckoutState:
        return self.fetch(checkout_id=checkout_id)

    @transaction.atomic
    def refund(
        self,
        *,
        provider_payment_id: str,
        amount: int,
        currency: str,
        refund_id: int,
        idempotency_key: str,
        account: str = "",
    ) -> RefundState:
        checkout = SimulatedCheckout.objects.select_for_update().get(token=provider_payment_id)
        for refund in checkout.refunds:
            if refund["refund_id"] == refund_id:
                return _refund_state(refund)
        refunded = sum(refund["amount"] for refund in checkout.refunds)
        if checkout.outcome != Outcome.PAID or refunded + amount > checkout.amount:
            raise ProviderRefused("There is not so much money left.")
        refund = {"id": f"refund-{refund_id}", "refund_id": refund_id, "amount": amount}
        checkout.refunds = [*checkout.refunds, refund]
        checkout.save(update_fields=["refunds"])
        return _refund_state(refund)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        raise BadSignature("The test provider sends no webhooks.")

    def payment_link(self, provider_payment_id: str) -> str:
        return reverse("test-provider-page", args=[provider_payment_id])


def pay(token: str, outcome: Outcome) -> SimulatedCheckout | None:
    """Press a button of the page: paid, failed, or processing; None if there is no such page.

    A payment by bank that is processing can be paid or fail later. Other ends are final.
    """
    before = [Outcome.OPEN] if outcome == Outcome.PROCESSING else [Outcome.OPEN, Outcome.PROCESSING]
    SimulatedCheckout.objects.filter(token=token, outcome__in=before).update(outcome=outcome)
    return SimulatedCheckout.objects.filter(token=token).first()


def _get(token: str) -> SimulatedCheckout:
    checkout = SimulatedCheckout.objects.filter(token=token).first()
    if checkout is None:
        raise ProviderRefused("There is no such checkout.")
    return checkout


def _refund_state(refund: Mapping[str, Any]) -> RefundState:
    return RefundState(refund["id"], refund["amount"], "done", refund["refund_id"])
