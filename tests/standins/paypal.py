"""The part of PayPal's API that sells by orders, with a ledger.

The methods play the buyer, the bank and the organizer in PayPal's own pages. Amounts are PayPal's
decimal texts.
"""

import hmac
import json
import threading
import zlib
from base64 import b64encode
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.standins import Call, StandIn, StandInResponse

CLIENT_ID, CLIENT_SECRET = "the-client-id", "the-client-secret"
WEBHOOK_ID = "WH-1"
TOKEN = "A21-token"
_SIGNATURE_HEADERS = {
    "auth_algo": "PAYPAL-AUTH-ALGO",
    "cert_url": "PAYPAL-CERT-URL",
    "transmission_id": "PAYPAL-TRANSMISSION-ID",
    "transmission_sig": "PAYPAL-TRANSMISSION-SIG",
    "transmission_time": "PAYPAL-TRANSMISSION-TIME",
}
Webhook = tuple[bytes, dict[str, str]]  # body and headers


def problem(status: int, issue: str) -> StandInResponse:
    details = [{"issue": issue, "description": "…"}]
    body = {"name": "PROBLEM", "message": "…", "debug_id": "d1", "details": details}
    return StandInResponse(status, body)


def signed(body: bytes, webhook_id: str = WEBHOOK_ID, at: datetime | None = None) -> Webhook:
    """Return a webhook as PayPal sends it, now or at another time.

    The signature covers a checksum of the text.
    """
    sent_at = at or datetime.now(UTC)
    fields = {
        "auth_algo": "SHA256withRSA",
        "cert_url": "https://api.paypal.com/v1/notifications/certs/CERT-1",
        "transmission_id": "t-1",
        "transmission_time": sent_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    fields["transmission_sig"] = _signature(fields, webhook_id, body)
    return body, {_SIGNATURE_HEADERS[name]: value for name, value in fields.items()}


def _signature(fields: dict[str, str], webhook_id: str, body: bytes) -> str:
    parts = (fields["transmission_id"], fields["transmission_time"], webhook_id, zlib.crc32(body))
    text = "|".join(str(part) for part in parts)
    return hmac.new(b"PayPal's private key", text.encode(), "sha256").hexdigest()


class PayPal(StandIn):
    """Has orders, captures, refunds and disputes by ID."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, dict[str, Any]] = {}
        self.captures: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.token = TOKEN
        self.delay_s = 0.0  # before each response, after the effect
        self.deaths = 0  # so many calls that change something have their effect, but no response
        self.declines = False  # the buyer's card, at the capture
        self.captures_are_slow = False  # eChecks, until `finish_late`
        self.refunds_are_slow = False  # until `finish_refunds`
        self.hides_disputes = False  # the app lacks the permission
        self._replays: dict[str, tuple[str, str, StandInResponse]] = {}
        self._ids = count(1)
        self._lock = threading.RLock()

    # The API

    def respond(self, call: Call) -> StandInResponse:
        if call.path == "/v1/oauth2/token":
            basic = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            if call.headers["Authorization"] != f"Basic {basic}":
                return StandInResponse(401, {"error": "invalid_client"})
            token = {"access_token": self.token, "token_type": "Bearer", "expires_in": 30000}
            return StandInResponse(200, token)
        if call.headers.get("Authorization") != f"Bearer {self.token}":
            return StandInResponse(401, {"error": "invalid_token", "error_description": "…"})
        with self._lock:
            response = self._once(call)
            is_dying = "PayPal-Request-Id" in call.headers and self.deaths > 0
            self.deaths -= is_dying
        self.closed.wait(self.delay_s)
        if is_dying:
            raise ConnectionResetError
        return response

    def _once(self, call: Call) -> StandInResponse:
        """Return the response to the first successful call with this key."""
        key = call.headers.get("PayPal-Request-Id")
        if key in self._replays:
            path, body, response = self._replays[key]
            if (path, body) != (call.path, call.body):
                return problem(422, "PAYPAL_REQUEST_ID_ALREADY_USED")
            return response
        response = self._route(call)
        if key and response.status < 300:
            self._replays[key] = (call.path, call.body, deepcopy(response))
        return deepcopy(response)

    def _route(self, call: Call) -> StandInResponse:
        url = urlsplit(call.path)
        match call.method, url.path.strip("/").split("/")[1:]:
            case "POST", ["checkout", "orders"]:
                return self._create_order(json.loads(call.body))
            case "POST", ["checkout", "orders", order_id, "capture"] if order_id in self.orders:
                return self._capture(self.orders[order_id])
            case "GET", ["checkout", "orders", order_id] if order_id in self.orders:
                return StandInResponse(200, self.orders[order_id])
            case "GET", ["payments", "captures", capture_id] if capture_id in self.captures:
                return StandInResponse(200, self.captures[capture_id])
            case "POST", ["payments", "captures", capture_id, "refund"]:
                return self._create_refund(self.captures[capture_id], json.loads(call.body))
            case "POST", ["notifications", "verify-webhook-signature"]:
                return self._verify(call.body)
            case "GET", ["customer", "disputes", *rest]:
                return self._read_disputes(rest, dict(parse_qsl(url.query)))
        return problem(404, "RESOURCE_NOT_FOUND")

    def _create_order(self, body: dict[str, Any]) -> StandInResponse:
        [unit] = body["purchase_units"]
        amount = unit["amount"]
        items = sum(Decimal(i["unit_amount"]["value"]) * int(i["quantity"]) for i in unit["items"])
        if items != Decimal(amount["breakdown"]["item_total"]["value"]):
            return problem(422, "ITEM_TOTAL_MISMATCH")
        if amount["currency_code"] in ("HUF", "JPY", "TWD") and "." in amount["value"]:
            return problem(422, "DECIMALS_NOT_SUPPORTED")
        order_id = f"ORDER{next(self._ids)}"
        self.orders[order_id] = {
            "id": order_id,
            "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": [unit],
            "links": [{"rel": "payer-action", "href": f"{self.url}/pay/{order_id}"}],
        }
        return StandInResponse(200, self.orders[order_id])

    def _capture(self, order: dict[str, Any]) -> StandInResponse:
        if order["status"] == "COMPLETED":
            return problem(422, "ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            return problem(422, "ORDER_NOT_APPROVED")
        if self.declines:
            order["status"] = "PAYER_ACTION_REQUIRED"
            return problem(422, "INSTRUMENT_DECLINED")
        [unit] = order["purchase_units"]
        capture_id = f"CAPTURE{next(self._ids)}"
        currency, value = unit["amount"]["currency_code"], unit["amount"]["value"]
        self.captures[capture_id] = {
            "id": capture_id,
            "status": "PENDING" if self.captures_are_slow else "COMPLETED",
            "amount": {"currency_code": currency, "value": value},
            "custom_id": unit["custom_id"],
            "seller_receivable_breakdown": {
                "paypal_fee": {"currency_code": currency, "value": "1"}
            },
            "links": [self._link("up", f"checkout/orders/{order['id']}")],
        }
        order["status"] = "COMPLETED"
        unit["payments"] = {"captures": [self.captures[capture_id]], "refunds": []}
        self._emit_capture(self.captures[capture_id])
        return StandInResponse(201, order)

    def _create_refund(self, capture: dict[str, Any], body: dict[str, Any]) -> StandInResponse:
        if any(d["status"] != "RESOLVED" for d in self._disputes_of(capture)):
            return problem(422, "TRANSACTION_DISPUTED")
        value = body["amount"]["value"]
        if Decimal(value) > Decimal(capture["amount"]["value"]) - self._refunded(capture):
            return problem(422, "REFUND_AMOUNT_EXCEEDED")
        return StandInResponse(201, self._refund(capture, value, body["custom_id"]))

    def _verify(self, text: str) -> StandInResponse:
        """Check the text of the event as it came, as PayPal does."""
        fields = json.loads(text)
        event = text.partition('"webhook_event": ')[2].removesuffix("}").encode()
        expected = _signature(fields, WEBHOOK_ID, event)
        is_right = fields["transmission_sig"] == expected and fields["webhook_id"] == WEBHOOK_ID
        status = "SUCCESS" if is_right else "FAILURE"
        return StandInResponse(200, {"verification_status": status})

    def _read_disputes(self, path: list[str], query: dict[str, str]) -> StandInResponse:
        if self.hides_disputes:
            return problem(403, "PERMISSION_DENIED")
        if path:
            return StandInResponse(200, self.disputes[path[0]])
        capture = self.captures[query["disputed_transaction_id"]]
        found = [{"dispute_id": d["dispute_id"]} for d in self._disputes_of(capture)]
        return StandInResponse(200, {"items": found} if found else {})

    # The buyer and the bank

    def approve(self, order_id: str) -> None:
        """Agree to pay on PayPal's page; the money moves with the capture."""
        with self._lock:
            order = self.orders[order_id]
            assert order["status"] == "PAYER_ACTION_REQUIRED", f"{order_id} is {order['status']}"
            order["status"] = "APPROVED"
            self._emit("CHECKOUT.ORDER.APPROVED", "checkout-order", order)

    def finish_late(self, order_id: str, *, succeeds: bool = True) -> None:
        with self._lock:
            capture = self._capture_of(order_id)
            capture["status"] = "COMPLETED" if succeeds else "DECLINED"
            self._emit_capture(capture)

    def open_dispute(self, order_id: str) -> None:
        with self._lock:
            capture = self._capture_of(order_id)
            dispute: dict[str, Any] = {
                "dispute_id": f"PP-D-{next(self._ids)}",
                "status": "WAITING_FOR_SELLER_RESPONSE",
                "dispute_amount": capture["amount"],
                "disputed_transactions": [{"seller_transaction_id": capture["id"]}],
            }
            self.disputes[dispute["dispute_id"]] = dispute
            self._emit("CUSTOMER.DISPUTE.CREATED", "dispute", dispute)

    def close_dispute(self, order_id: str, *, is_won: bool) -> None:
        with self._lock:
            for dispute in self._disputes_of(self._capture_of(order_id)):
                code = "RESOLVED_SELLER_FAVOUR" if is_won else "RESOLVED_BUYER_FAVOUR"
                dispute |= {"status": "RESOLVED", "dispute_outcome": {"outcome_code": code}}
                self._emit("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute)

    # The organizer in PayPal's own pages, and PayPal itself

    def refund_in_dashboard(self, order_id: str, value: str) -> None:
        with self._lock:
            self._refund(self._capture_of(order_id), value, "")

    def finish_refunds(self, *, succeed: bool = True) -> None:
        with self._lock:
            for refund in self.refunds.values():
                if refund["status"] == "PENDING":
                    refund["status"] = "COMPLETED" if succeed else "FAILED"
                    kind = "PAYMENT.CAPTURE.REFUNDED" if succeed else "PAYMENT.REFUND.FAILED"
                    self._emit(kind, "refund", refund)

    def delete_order(self, order_id: str) -> None:
        """Forget an order that nobody paid, as PayPal does after some hours."""
        del self.orders[order_id]

    def forget_keys(self) -> None:
        """Let the keys die: after 6 hours for orders, after 45 days for refunds."""
        self._replays.clear()

    def webhooks(self, webhook_id: str = WEBHOOK_ID) -> list[Webhook]:
        """Return all events so far, signed."""
        return [signed(json.dumps(event).encode(), webhook_id) for event in list(self.events)]

    @property
    def money_in(self) -> Decimal:
        captures = self.captures.values()
        return sum(
            (Decimal(c["amount"]["value"]) for c in captures if c["status"] == "COMPLETED"),
            Decimal(),
        )

    @property
    def money_out(self) -> Decimal:
        """Return what was refunded, or will be, or was lost in disputes."""
        lost = (d for d in self.disputes.values() if "BUYER" in str(d.get("dispute_outcome")))
        return sum((Decimal(d["dispute_amount"]["value"]) for d in lost), Decimal()) + sum(
            self._refunded(capture) for capture in self.captures.values()
        )

    # The ledger

    def _capture_of(self, order_id: str) -> dict[str, Any]:
        capture: dict[str, Any] = self.orders[order_id]["purchase_units"][0]["payments"][
            "captures"
        ][0]
        return capture

    def _disputes_of(self, capture: dict[str, Any]) -> list[dict[str, Any]]:
        transactions = [{"seller_transaction_id": capture["id"]}]
        return [d for d in self.disputes.values() if d["disputed_transactions"] == transactions]

    def _refunds_of(self, capture: dict[str, Any]) -> Iterator[dict[str, Any]]:
        link = self._link("up", f"payments/captures/{capture['id']}")
        return (refund for refund in self.refunds.values() if refund["links"] == [link])

    def _refunded(self, capture: dict[str, Any]) -> Decimal:
        refunds = [r for r in self._refunds_of(capture) if r["status"] != "FAILED"]
        return sum((Decimal(refund["amount"]["value"]) for refund in refunds), Decimal())

    def _refund(self, capture: dict[str, Any], value: str, custom_id: str) -> dict[str, Any]:
        refund: dict[str, Any] = {
            "id": f"REFUND{next(self._ids)}",
            "status": "PENDING" if self.refunds_are_slow else "COMPLETED",
            "amount": {"currency_code": capture["amount"]["currency_code"], "value": value},
            "custom_id": custom_id,
            "links": [self._link("up", f"payments/captures/{capture['id']}")],
        }
        self.refunds[refund["id"]] = refund
        order_id = str(capture["links"][0]["href"]).rpartition("/")[2]
        order = self.orders[order_id]
        order["purchase_units"][0]["payments"]["refunds"].append(refund)
        kind = "PAYMENT.REFUND.PENDING" if self.refunds_are_slow else "PAYMENT.CAPTURE.REFUNDED"
        self._emit(kind, "refund", refund)
        return refund

    def _link(self, rel: str, path: str) -> dict[str, str]:
        return {"rel": rel, "href": f"{self.url}/v2/{path}"}

    def _emit_capture(self, capture: dict[str, Any]) -> None:
        self._emit(f"PAYMENT.CAPTURE.{capture['status']}", "capture", capture)

    def _emit(self, kind: str, resource_type: str, resource: dict[str, Any]) -> None:
        event = {
            "id": f"WH-EVENT-{next(self._ids)}",
            "event_type": kind,
            "resource_type": resource_type,
            "resource": deepcopy(resource),
        }
        self.events.append(event)
