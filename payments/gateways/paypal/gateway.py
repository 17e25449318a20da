"""PayPal: Orders v2.

https://developer.paypal.com/docs/api/orders/v2 and, for currencies,
https://developer.paypal.com/reference/currency-codes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from paypalserversdk.http.http_method_enum import HttpMethodEnum

from payments.gateways.base import (
    BadSignature,
    Checkout,
    CheckoutState,
    GatewayEvent,
    Order,
    Outcome,
    RefundState,
)
from payments.gateways.paypal.client import LIVE, ForbiddenError, PayPalClient, Refused
from payments.gateways.paypal.prices import CURRENCIES, line, minor, price
from payments.gateways.paypal.states import (
    REFUND_PREFIX,
    checkout_state,
    order_of,
    payments_of,
    read_event,
    refund_state,
)

_SIGNED_HEADERS = (
    "auth_algo",
    "cert_url",
    "transmission_id",
    "transmission_sig",
    "transmission_time",
)
# PayPal repeats an event for three days. The time is that of the HTTP transmission, so a repetition
# has its own: https://developer.paypal.com/api/webhooks/v1/definitions/verify_webhook_signature
_TOLERANCE = timedelta(seconds=300)
_LOST = {"RESOLVED_BUYER_FAVOUR", "ACCEPTED"}
# Refused captures after which the order itself says what is next.
_ASK_THE_ORDER = {
    "ORDER_ALREADY_CAPTURED",
    "ORDER_NOT_APPROVED",
    "INSTRUMENT_DECLINED",
    "PAYER_ACTION_REQUIRED",
}


class PayPalGateway:
    name = "paypal"

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        base_url: str = "",
        webhook_ids: Sequence[str] = (),
        timeout_s: float = 10,
    ) -> None:
        """Without `base_url`, payments are real: PayPal's sandbox has another address."""
        self._webhook_ids = tuple(webhook_ids)
        self._is_sandbox = "sandbox" in base_url
        self._client = PayPalClient(
            client_id, client_secret, base_url=base_url or LIVE, timeout_s=timeout_s
        )

    def check_amount(self, amount: int, currency: str) -> None:
        if currency not in CURRENCIES:
            raise ValueError(f"PayPal does not support {currency}.")
        price(amount, currency)

    def create_checkout(self, order: Order) -> Checkout:
        total = price(order.amount, order.currency)
        unit = {
            "custom_id": order.reference,
            "amount": {**total, "breakdown": {"item_total": total}},
            "items": [line(item, order.currency) for item in order.items if item.amount],
        }
        experience = {
            "return_url": order.success_url,
            "cancel_url": order.cancel_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
        body = {
            "intent": "CAPTURE",
            "purchase_units": [unit],
            "payment_source": {"paypal": {"experience_context": experience}},
        }
        with self._client.errors():
            created = self._client.orders.create_order(
                {"body": body, "paypal_request_id": order.idempotency_key}
            )
            checkout = json.loads(created.text)
        links = {link["rel"]: link["href"] for link in checkout["links"]}
        return Checkout(checkout["id"], links.get("payer-action") or links["approve"])

    def expire(self, checkout_id: str, *, account: str = "") -> bool:
        """Return False: an order can't be voided. It is captured only by us."""
        return False

    def fetch(
        self, *, checkout_id: str, provider_payment_id: str = "", account: str = ""
    ) -> CheckoutState:
        try:
            order = self._order(checkout_id)
        except Refused as error:
            # PayPal deletes orders that nobody paid.
            if error.status != 404 or provider_payment_id:
                raise
            return CheckoutState(Outcome.EXPIRED)
        state = checkout_state(order)
        return self._with_disputes(state) if state.outcome == Outcome.PAID else state

    def capture(
        self, checkout_id: str, *, idempotency_key: str, account: str = ""
    ) -> CheckoutState:
        try:
            with self._client.errors():
                captured = self._client.orders.capture_order(
                    {
                        "id": checkout_id,
                        "paypal_request_id": idempotency_key,
                        "prefer": "return=representation",
                    }
                )
                return checkout_state(json.loads(captured.text))
        except Refused as error:
            if error.issue not in _ASK_THE_ORDER:
                raise
        return self.fetch(checkout_id=checkout_id)

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
        # The key is kept for 45 days, and a refund can be retried later.
        for refund in self._refunds(provider_payment_id):
            state = refund_state(refund)
            if state.refund_id == refund_id:
                if state.status != "failed":
                    return state
                idempotency_key += f"-after-{state.id}"  # the key has the failed one
        with self._client.errors():
            created = self._client.payments.refund_captured_payment(
                {
                    "capture_id": provider_payment_id,
                    "paypal_request_id": idempotency_key,
                    "prefer": "return=representation",
                    "body": {
                        "amount": price(amount, currency),
                        "custom_id": f"{REFUND_PREFIX}{refund_id}",
                    },
                }
            )
            return refund_state(json.loads(created.text))

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        """Let PayPal check the signature; its library can't."""
        try:
            text = body.decode()
            event = json.loads(text)  # one value, so that it can't close the object around it
            fields = {
                name: headers[f"PAYPAL-{name.replace('_', '-').upper()}"]
                for name in _SIGNED_HEADERS
            }
            age = datetime.now(UTC) - datetime.fromisoformat(fields["transmission_time"])
        except (ValueError, KeyError, TypeError):  # a time without an offset is a TypeError
            raise BadSignature("The signature is incomplete.") from None
        if abs(age) > _TOLERANCE:
            raise BadSignature("The signature is stale.")
        if not any(self._is_signed(text, fields, webhook_id) for webhook_id in self._webhook_ids):
            raise BadSignature("The signature is wrong.")
        return read_event(event)

    def payment_link(self, provider_payment_id: str) -> str:
        host = "www.sandbox.paypal.com" if self._is_sandbox else "www.paypal.com"
        return f"https://{host}/activity/payment/{provider_payment_id}"

    def _is_signed(self, text: str, fields: dict[str, str], webhook_id: str) -> bool:
        # The signature is for the text as it came, not for its values.
        head = json.dumps(fields | {"webhook_id": webhook_id})[:-1]
        try:
            result = self._client.call(
                HttpMethodEnum.POST,
                "/v1/notifications/verify-webhook-signature",
                f'{head}, "webhook_event": {text}}}',
            )
        except Refused:  # a header of another form
            return False
        return bool(result["verification_status"] == "SUCCESS")

    def _order(self, checkout_id: str) -> dict[str, Any]:
        with self._client.errors():
            order: dict[str, Any] = json.loads(
                self._client.orders.get_order({"id": checkout_id}).text
            )
        return order

    def _refunds(self, capture_id: str) -> list[dict[str, Any]]:
        with self._client.errors():
            found = self._client.payments.get_captured_payment({"capture_id": capture_id})
            capture = json.loads(found.text)
        return payments_of(self._order(order_of(capture)), "refunds")

    def _with_disputes(self, state: CheckoutState) -> CheckoutState:
        """Add whether a dispute is open, and as refunds the money of lost ones."""
        path = "/v1/customer/disputes"
        try:
            query = ("disputed_transaction_id", state.provider_payment_id)
            found = self._client.call(HttpMethodEnum.GET, path, query=query)
            disputes = [
                self._client.call(HttpMethodEnum.GET, f"{path}/{dispute['dispute_id']}")
                for dispute in found.get("items", [])
            ]
        except ForbiddenError:  # the app may not read disputes; PayPal refuses refunds during one
            return state
        refunds = list(state.refunds)
        left = (state.amount or 0) - sum(r.amount for r in refunds if r.status != "failed")
        for dispute in disputes:
            outcome = dispute.get("dispute_outcome", {})
            if outcome.get("outcome_code") in _LOST:
                # PayPal may list the same money as a refund of the order.
                lost = minor(outcome.get("amount_refunded") or dispute["dispute_amount"])
                amount = min(left, lost)
                left -= amount
                if amount:
                    refunds.append(RefundState(dispute["dispute_id"], amount, "done"))
        is_disputed = any(dispute["status"] != "RESOLVED" for dispute in disputes)
        return replace(state, refunds=tuple(refunds), is_disputed=is_disputed)
