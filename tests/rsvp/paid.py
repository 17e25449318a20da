"""Buyers, banks and organizers at the stand-ins of Stripe and PayPal, in the same words."""

from typing import Any

from django.test import Client

from payments.models import ProviderEvent, Refund
from payments.services.work import work
from tests.payments.gateways import make_due
from tests.standins import StandInResponse, paypal, stripe


class Shop:
    """A provider with its pages. Amounts are in minor units of EUR."""

    name: str
    settings: dict[str, Any]
    server: Any

    @property
    def money(self) -> tuple[int, int]:
        """Return what came in and what went out."""
        raise NotImplementedError

    def hear(self) -> None:
        """Receive all webhooks so far, and do what is due."""
        for body, headers in self.server.webhooks():
            response = Client().post(
                f"/api/payments/webhooks/{self.name}/",
                body,
                content_type="application/json",
                headers=headers,
            )
            assert response.status_code == 200, response.content
        self.sweep()

    def sweep(self) -> None:
        """Do all that waits for the provider and what follows; holds end only when they are due."""
        for _ in range(3):
            for model in (ProviderEvent, Refund):
                make_due(model)
            self.sweep_once()

    def sweep_once(self) -> None:
        work(for_s=5)

    def go_down(self) -> None:
        self.server.trouble = StandInResponse(503, "down")

    def come_back(self) -> None:
        self.server.trouble = None


class StripeShop(Shop):
    name = "stripe"

    def __init__(self) -> None:
        self.server = stripe.Stripe()
        self.settings = {
            "STRIPE_SECRET_KEY": stripe.KEY,
            "STRIPE_BASE_URL": self.server.url,
            "STRIPE_WEBHOOK_SECRETS": [stripe.WEBHOOK_SECRET],
        }

    def pay(self, checkout_id: str) -> None:
        self.server.pay(checkout_id)

    def pay_after_the_end(self, checkout_id: str) -> None:
        """Pay on a page that Stripe has expired, as happens only by its mistakes."""
        self.server.sessions[checkout_id]["status"] = "open"
        self.server.pay(checkout_id)

    def pay_wrongly(self, checkout_id: str, amount: int) -> None:
        self.server.pay(checkout_id, amount)

    def pay_by_bank(self, checkout_id: str) -> None:
        self.server.pay_later(checkout_id)

    def refund_in_dashboard(self, checkout_id: str, amount: int) -> None:
        self.server.refund_in_dashboard(checkout_id, amount)

    @property
    def pages(self) -> int:
        return len(self.server.sessions)

    @property
    def money(self) -> tuple[int, int]:
        return self.server.money_in, self.server.money_out


class PayPalShop(Shop):
    name = "paypal"

    def __init__(self) -> None:
        self.server = paypal.PayPal()
        self.settings = {
            "PAYPAL_CLIENT_ID": paypal.CLIENT_ID,
            "PAYPAL_CLIENT_SECRET": paypal.CLIENT_SECRET,
            "PAYPAL_WEBHOOK_IDS": [paypal.WEBHOOK_ID],
            "PAYPAL_BASE_URL": self.server.url,
        }

    def pay(self, checkout_id: str) -> None:
        """Approve the order; the shop takes the money when it hears of that."""
        self.server.approve(checkout_id)

    pay_after_the_end = pay

    def pay_wrongly(self, checkout_id: str, amount: int) -> None:
        unit = self.server.orders[checkout_id]["purchase_units"][0]
        unit["amount"]["value"] = f"{amount / 100:.2f}"
        self.server.approve(checkout_id)

    def pay_by_bank(self, checkout_id: str) -> None:
        self.server.captures_are_slow = True
        self.server.approve(checkout_id)

    def refund_in_dashboard(self, checkout_id: str, amount: int) -> None:
        self.server.refund_in_dashboard(checkout_id, f"{amount / 100:.2f}")

    @property
    def pages(self) -> int:
        return len(self.server.orders)

    @property
    def money(self) -> tuple[int, int]:
        return int(self.server.money_in * 100), int(self.server.money_out * 100)
