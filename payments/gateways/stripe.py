"""Stripe: Checkout Sessions, by Stripe's own library.

https://docs.stripe.com/payments/checkout and https://docs.stripe.com/currencies.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import stripe

from core import money
from payments.gateways.base import (
    BadSignature,
    Checkout,
    CheckoutState,
    GatewayEvent,
    Item,
    Order,
    Outcome,
    ProviderError,
    ProviderRefused,
    RefundState,
)

# Stripe's places differ from ISO 4217 for ISK and UGX (two, always 00) and MGA (none).
_NO_PLACES = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
_WHOLE_HUNDREDS = frozenset({"ISK", "UGX"})
# Stripe's pages live for 30 minutes to 24 hours. They are expired when the hold ends, so their own
# end matters only if that fails. It is late enough that a second try during the hold is accepted.
_SECOND_NET = timedelta(minutes=30)
_LONGEST = timedelta(hours=24)
_TOLERANCE_S = 300
_REFUND_STATUS = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "done",
    "failed": "failed",
    "canceled": "failed",
}
_UNDECIDED = {"needs_response", "under_review"}  # disputes; a bank's "warning_…" takes no money
_CAN_BE_MENDED = {401, 403, 409, 429}  # keys, a call with the same key at this moment, rates


class StripeGateway:
    name = "stripe"

    def __init__(
        self,
        key: str,
        *,
        base_url: str = "",
        webhook_secrets: Sequence[str] = (),
        account_id: str = "",
        timeout_s: float = 10,
    ) -> None:
        """`account_id` is the platform's own account, whose events may name it."""
        self._is_test = "_test_" in key
        self._webhook_secrets = tuple(webhook_secrets)
        self._account_id = account_id
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": base_url} if base_url else None,
            http_client=stripe.RequestsClient(timeout=timeout_s),
            max_network_retries=0,  # three times the timeout would be too long for a buyer
        )

    def check_amount(self, amount: int, currency: str) -> None:
        money.places(currency)
        if _to_stripe(amount, currency) % _step(currency):
            raise ValueError(f"Prices in {currency} must end in 0.")

    def create_checkout(self, order: Order) -> Checkout:
        metadata = {"payment": order.reference}
        params: Any = {
            "mode": "payment",
            "client_reference_id": str(order.payment_id),
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "line_items": [_line(item, order.currency) for item in order.items],
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
        }
        ends_at = order.expires_at + _SECOND_NET
        if ends_at < datetime.now(UTC) + _LONGEST:  # without it, 24 hours
            params["expires_at"] = int(ends_at.timestamp())
        # Stripe refuses a key that comes back with other parameters.
        key = f"{order.idempotency_key}-{params.get('expires_at', 'longest')}"
        with _errors():
            session = self._client.v1.checkout.sessions.create(params, _options(order.account, key))
        return Checkout(session.id, session.url or "")

    def expire(self, checkout_id: str, *, account: str = "") -> bool:
        sessions = self._client.v1.checkout.sessions
        with _errors():
            try:
                session = sessions.expire(checkout_id, options=_options(account))
            except stripe.InvalidRequestError:  # expired before, or just paid
                session = sessions.retrieve(checkout_id, options=_options(account))
        return session.status == "expired"

    def fetch(
        self, *, checkout_id: str, provider_payment_id: str = "", account: str = ""
    ) -> CheckoutState:
        with _errors():
            session = self._client.v1.checkout.sessions.retrieve(
                checkout_id,
                {"expand": ["payment_intent.latest_charge.balance_transaction"]},
                _options(account),
            ).to_dict()
            intent = session.get("payment_intent") or {}
            charge = intent.get("latest_charge") or {}
            refunds = self._refunds(intent["id"], account) if charge else []
            disputes = self._disputes(intent["id"], account) if charge.get("disputed") else []
        currency = session["currency"].upper()
        amount = intent.get("amount_received") or session["amount_total"]
        return CheckoutState(
            outcome=_outcome(session, intent),
            amount=_from_stripe(amount, currency),
            currency=currency,
            provider_payment_id=intent.get("id", ""),
            fee=_fee(charge.get("balance_transaction"), currency),
            # A lost dispute has taken the money back, as a refund does.
            refunds=(
                *(_refund_state(refund) for refund in refunds),
                *(
                    _refund_state(d | {"status": "succeeded"})
                    for d in disputes
                    if d["status"] == "lost"
                ),
            ),
            is_disputed=any(d["status"] in _UNDECIDED for d in disputes),
        )

    def capture(
        self, checkout_id: str, *, idempotency_key: str, account: str = ""
    ) -> CheckoutState:
        """Return the present state: Stripe captures by itself."""
        return self.fetch(checkout_id=checkout_id, account=account)

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
        with _errors():
            # The key is kept for 24 hours, and a refund can be retried later.
            for refund in self._refunds(provider_payment_id, account):
                state = _refund_state(refund)
                if state.refund_id == refund_id:
                    if state.status != "failed":
                        return state
                    idempotency_key += f"-after-{state.id}"  # the key has the failed one
            params: Any = {
                "payment_intent": provider_payment_id,
                "amount": _to_stripe(amount, currency),
                "metadata": {"refund_id": str(refund_id)},
            }
            created = self._client.v1.refunds.create(params, _options(account, idempotency_key))
        return _refund_state(created.to_dict())

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        event = self._verified(body, headers.get("Stripe-Signature", ""))
        if event.get("account") not in (None, self._account_id):
            raise BadSignature("The event is for another account.")
        subject = event["data"]["object"]
        is_session = subject["object"] == "checkout.session"
        is_intent = subject["object"] == "payment_intent"
        return GatewayEvent(
            id=event["id"],
            kind=event["type"],
            checkout_id=subject["id"] if is_session else "",
            provider_payment_id=subject.get("id" if is_intent else "payment_intent") or "",
            reference=(subject.get("metadata") or {}).get("payment", ""),
            needs_attention=_warning(event["type"], subject),
        )

    def payment_link(self, provider_payment_id: str) -> str:
        mode = "test/" if self._is_test else ""
        return f"https://dashboard.stripe.com/{mode}payments/{provider_payment_id}"

    def _refunds(self, payment_intent: str, account: str) -> list[dict[str, Any]]:
        found = self._client.v1.refunds.list(
            {"payment_intent": payment_intent, "limit": 100}, _options(account)
        )
        return [refund.to_dict() for refund in found.auto_paging_iter()]

    def _disputes(self, payment_intent: str, account: str) -> list[dict[str, Any]]:
        found = self._client.v1.disputes.list({"payment_intent": payment_intent}, _options(account))
        return [dispute.to_dict() for dispute in found]

    def _verified(self, body: bytes, signature: str) -> dict[str, Any]:
        """Return the event if one of the secrets signed it in the last or next 300 seconds."""
        for secret in self._webhook_secrets:
            try:
                event = stripe.Webhook.construct_event(body, signature, secret, _TOLERANCE_S)
            except (stripe.SignatureVerificationError, ValueError):
                continue
            # The library bounds the past only.
            signed_at = next(part[2:] for part in signature.split(",") if part.startswith("t="))
            if int(signed_at) > time.time() + _TOLERANCE_S:
                continue
            payload: dict[str, Any] = event.to_dict()
            return payload
        raise BadSignature("The signature is wrong or stale.")


def _outcome(session: Mapping[str, Any], intent: Mapping[str, Any]) -> Outcome:
    if session["status"] != "complete":
        return Outcome(session["status"])  # open or expired
    if session["payment_status"] != "unpaid" or intent["status"] == "succeeded":
        return Outcome.PAID
    if intent["status"] in ("requires_payment_method", "canceled"):
        return Outcome.FAILED
    return Outcome.PROCESSING


def _refund_state(refund: Mapping[str, Any]) -> RefundState:
    amount = _from_stripe(refund["amount"], refund["currency"].upper())
    ours = (refund.get("metadata") or {}).get("refund_id", "")
    return RefundState(
        refund["id"],
        amount,
        _REFUND_STATUS[refund["status"]],
        int(ours) if ours.isdecimal() else None,
    )


def _fee(transaction: Mapping[str, Any] | None, currency: str) -> int | None:
    """Return the fee if it was taken in the currency of the payment."""
    if not transaction or transaction["currency"].upper() != currency:
        return None
    return _from_stripe(transaction["fee"], currency)


def _warning(kind: str, subject: Mapping[str, Any]) -> str:
    if kind == "radar.early_fraud_warning.created":
        return "Stripe received an early fraud warning. A refund now can prevent a dispute."
    if kind == "charge.dispute.created" and subject["status"].startswith("warning_"):
        return "A bank asks about this payment. Answer in Stripe's dashboard, or refund it."
    return ""


def _line(item: Item, currency: str) -> dict[str, Any]:
    """Return a line item; one whose discount can't be divided by its quantity counts as one."""
    amount = _to_stripe(item.amount, currency)
    name, quantity = item.name, item.quantity
    if amount % (quantity * _step(currency)):
        name, quantity = f"{quantity} × {name}", 1
    price = {
        "currency": currency.lower(),
        "unit_amount": amount // quantity,
        "product_data": {"name": name},
    }
    return {"price_data": price, "quantity": quantity}


def _places(currency: str) -> int:
    if currency in _NO_PLACES:
        return 0
    return 2 if currency in _WHOLE_HUNDREDS else money.places_or_two(currency)


def _step(currency: str) -> int:
    """Return the amount, in Stripe's unit, whose multiples it can charge."""
    if currency in _WHOLE_HUNDREDS:
        return 100
    return 10 if currency in money.THREE_PLACES else 1


def _to_stripe(amount: int, currency: str) -> int:
    """Convert minor units of ISO 4217. Raises ValueError for parts of Stripe's unit."""
    minor = Decimal(amount).scaleb(_places(currency) - money.places_or_two(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"Prices in {currency} must be whole.")
    return int(minor)


def _from_stripe(amount: int, currency: str) -> int:
    return int(Decimal(amount).scaleb(money.places_or_two(currency) - _places(currency)))


def _options(account: str, idempotency_key: str = "") -> Any:
    options = {"stripe_account": account, "idempotency_key": idempotency_key}
    return {name: value for name, value in options.items() if value}


@contextmanager
def _errors() -> Iterator[None]:
    """Raise Stripe's errors as ours, without its texts, which can name keys."""
    try:
        yield
    except stripe.StripeError as error:
        status = error.http_status
        is_final = status and 400 <= status < 500 and status not in _CAN_BE_MENDED
        parts = (type(error).__name__, status, error.code, error.request_id)
        text = f"Stripe: {' '.join(str(part) for part in parts if part)}"
        raise (ProviderRefused if is_final else ProviderError)(text) from None
