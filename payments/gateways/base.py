"""What the project needs of a payment provider.

A gateway translates between the provider's API and these types, and holds no rule. Its calls have a
timeout of 10 seconds, and are never made in a transaction. Amounts are in minor units of the
currency (`core.money`); the gateway converts them for its provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ProviderError(Exception):
    """The provider did not answer, or not in time. The call may have had its effect.

    The message names no key and no card.
    """


class ProviderRefused(ProviderError):  # noqa: N818  (it states a fact)
    """The provider refused the call; repeating it can't help."""


class BadSignature(Exception):  # noqa: N818  (the endpoint answers 400)
    """A webhook was not signed by the provider, or not for this account, or is stale."""


class Outcome(StrEnum):
    """What the provider knows about a checkout."""

    OPEN = "open"  # the page can be paid
    APPROVED = "approved"  # PayPal: the buyer agreed, and the money can be captured
    PROCESSING = "processing"  # completed but not paid yet: bank debits, eChecks
    PAID = "paid"
    FAILED = "failed"  # a delayed payment failed, or was denied
    EXPIRED = "expired"  # the page can never be paid again


@dataclass(frozen=True)
class Item:
    """A line of a checkout; `amount` is for the whole line, after discounts."""

    name: str
    quantity: int
    amount: int


@dataclass(frozen=True)
class Order:
    """A payment, as a gateway needs it. The provider stores the reference with it."""

    payment_id: int
    reference: str
    amount: int
    currency: str
    items: tuple[Item, ...]
    expires_at: datetime
    success_url: str
    cancel_url: str
    idempotency_key: str
    account: str = ""  # empty: the platform's own


@dataclass(frozen=True)
class Checkout:
    """A page of the provider on which the order can be paid."""

    id: str
    url: str


@dataclass(frozen=True)
class RefundState:
    id: str
    amount: int
    status: str  # pending, done or failed
    refund_id: int | None = None  # ours, of a refund that we asked for


@dataclass(frozen=True)
class CheckoutState:
    """The present state of a checkout at the provider."""

    outcome: Outcome
    amount: int | None = None  # what was paid, or will be
    currency: str = ""
    provider_payment_id: str = ""
    fee: int | None = None
    refunds: tuple[RefundState, ...] = ()
    is_disputed: bool = False


@dataclass(frozen=True)
class GatewayEvent:
    """A webhook: its ID, and the checkout or payment that it is about.

    It is only a hint to fetch the present state: events come more than once and in any order.
    `reference` is that of the order, where the provider sends it; another system can have stored
    anything there.
    """

    id: str
    kind: str
    checkout_id: str = ""
    provider_payment_id: str = ""
    reference: str = ""
    needs_attention: str = ""  # an early fraud warning, say: the text for admins


class Gateway(Protocol):
    name: str

    def check_amount(self, amount: int, currency: str) -> None:
        """Raise ValueError, with a sentence for the organizer, if it can't be charged."""

    def create_checkout(self, order: Order) -> Checkout:
        """Create a checkout; the same idempotency key returns the same one.

        Raises ProviderError.
        """

    def expire(self, checkout_id: str, *, account: str = "") -> bool:
        """Make the page unpayable; return whether the provider confirms it.

        False if it was just paid, or if the provider can't do it. Raises ProviderError.
        """

    def fetch(
        self, *, checkout_id: str, provider_payment_id: str = "", account: str = ""
    ) -> CheckoutState:
        """Return the present state, with refunds and disputes. Raises ProviderError."""

    def capture(
        self, checkout_id: str, *, idempotency_key: str, account: str = ""
    ) -> CheckoutState:
        """Take the money of an approved checkout, as only PayPal needs. Raises ProviderError."""

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
        """Give money back. If the key may have died, look for a refund with our `refund_id` first.

        Raises ProviderError.
        """

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        """Check the signature on the raw body, and read the event. Raises BadSignature.

        Raises ProviderError if the signature can't be checked now.
        """

    def payment_link(self, provider_payment_id: str) -> str:
        """Return the address of the payment in the provider's dashboard."""
