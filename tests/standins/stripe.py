"""The part of Stripe's API that sells by Checkout Sessions, with a ledger.

The methods play the buyer, the bank and the organizer in Stripe's dashboard. Amounts are in
Stripe's own minor units.
"""

import hmac
import json
import threading
import time
from copy import deepcopy
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.standins import Call, StandIn, StandInResponse

KEY = "sk_test_" + "k" * 24
WEBHOOK_SECRET = "whsec_" + "w" * 24
API = "/v1"
FEE_PERCENT = 3
# Amounts are multiples of these.
_SMALLEST = {"eur": 50, "usd": 50}
_UNITS = {"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}
Webhook = tuple[bytes, dict[str, str]]  # body and headers


def problem(status: int, kind: str, code: str, message: str = "") -> StandInResponse:
    error = {"type": kind, "code": code, "message": message}
    return StandInResponse(status, {"error": error}, (("Request-Id", "req_1"),))


def refused(code: str, message: str = "") -> StandInResponse:
    return problem(400, "invalid_request_error", code, message)


def signed(body: bytes, secret: str = WEBHOOK_SECRET, at: float | None = None) -> Webhook:
    """Return a webhook as Stripe sends it, signed now or at another time."""
    stamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    return body, {"Stripe-Signature": f"t={stamp},v1={digest}"}


class Stripe(StandIn):
    """Has sessions, payment intents, refunds and disputes by ID."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.delay_s = 0.0  # before each response, after the effect
        self.deaths = 0  # so many calls that change something have their effect, but no response
        self.pays_at_expiry = False  # the buyer pays just before the session would expire
        self.refunds_are_slow = False  # until `finish_refunds`
        self.refuses_refunds = False
        self._replays: dict[str, tuple[str, str, StandInResponse]] = {}
        self._ids = count(1)
        self._lock = threading.RLock()

    # The API

    def respond(self, call: Call) -> StandInResponse:
        if call.headers.get("Authorization") != f"Bearer {KEY}":
            message = "Invalid API Key provided: sk_test_****kkkk"
            return problem(401, "invalid_request_error", "", message)
        with self._lock:
            response = self._once(call) if call.method == "POST" else self._read(call)
            is_dying = call.method == "POST" and self.deaths > 0
            self.deaths -= is_dying
        self.closed.wait(self.delay_s)
        if is_dying:
            raise ConnectionResetError
        return response

    def _once(self, call: Call) -> StandInResponse:
        """Return the response to the first call with this idempotency key."""
        key = call.headers.get("Idempotency-Key")
        if not key:
            return self._write(call)
        if key not in self._replays:
            self._replays[key] = (call.path, call.body, self._write(call))
        path, body, response = self._replays[key]
        if (path, body) != (call.path, call.body):
            return problem(400, "idempotency_error", "", "Keys … same parameters …")
        return response

    def _write(self, call: Call) -> StandInResponse:
        params = dict(parse_qsl(call.body))
        match call.path.removeprefix(API).strip("/").split("/"):
            case ["checkout", "sessions"]:
                return self._create_session(params)
            case ["checkout", "sessions", session_id, "expire"] if session_id in self.sessions:
                return self._expire(self.sessions[session_id])
            case ["refunds"]:
                return self._create_refund(params)
        return problem(404, "invalid_request_error", "resource_missing")

    def _read(self, call: Call) -> StandInResponse:
        url = urlsplit(call.path)
        intent_id = dict(parse_qsl(url.query)).get("payment_intent")
        match url.path.removeprefix(API).strip("/").split("/"):
            case ["checkout", "sessions", session_id] if session_id in self.sessions:
                return StandInResponse(200, self._expanded(self.sessions[session_id]))
            case ["refunds" | "disputes" as name]:
                rows = (self.refunds if name == "refunds" else self.disputes).values()
                data = [row for row in rows if row["payment_intent"] == intent_id]
                body = {"object": "list", "url": url.path, "has_more": False, "data": data}
                return StandInResponse(200, deepcopy(body))
        return problem(404, "invalid_request_error", "resource_missing")

    def _create_session(self, params: dict[str, str]) -> StandInResponse:
        currency = params["line_items[0][price_data][currency]"]
        unit = _UNITS.get(currency, 1)
        amount = 0
        for line in range(100):
            if price := params.get(f"line_items[{line}][price_data][unit_amount]"):
                if int(price) % unit:
                    return refused("invalid_charge_amount")
                amount += int(price) * int(params[f"line_items[{line}][quantity]"])
        expires_at = int(params.get("expires_at", time.time() + 24 * 3600))
        if not time.time() + 1795 <= expires_at <= time.time() + 24 * 3600:
            return refused("", "`expires_at` must be 30 minutes to 24 hours ahead")
        if amount < _SMALLEST.get(currency, 1):
            return refused("amount_too_small")
        session_id = f"cs_test_{next(self._ids)}"
        self.sessions[session_id] = {
            "id": session_id,
            "object": "checkout.session",
            "url": f"{self.url}/pay/{session_id}",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": amount,
            "currency": currency,
            "expires_at": expires_at,
            "client_reference_id": params.get("client_reference_id"),
            "metadata": {"payment": params.get("metadata[payment]", "")},
        }
        return StandInResponse(200, deepcopy(self.sessions[session_id]))

    def _expire(self, session: dict[str, Any]) -> StandInResponse:
        if self.pays_at_expiry and session["status"] == "open":
            self.pay(session["id"])
        if session["status"] != "open":
            return refused("", 'Only Checkout Sessions with a status in ["open"] can be expired.')
        self.expire_by_clock(session["id"])
        return StandInResponse(200, deepcopy(session))

    def _create_refund(self, params: dict[str, str]) -> StandInResponse:
        intent = self.intents[params["payment_intent"]]
        amount = int(params["amount"])
        if self.refuses_refunds:
            return refused("insufficient_funds")
        if any(d["status"] in ("needs_response", "lost") for d in self._disputes_of(intent)):
            return refused("charge_disputed")
        if amount > intent["amount_received"] - self._refunded(intent):
            return refused("charge_already_refunded")
        metadata = {"refund_id": params.get("metadata[refund_id]", "")}
        return StandInResponse(200, deepcopy(self._refund(intent, amount, metadata)))

    def _expanded(self, session: dict[str, Any]) -> dict[str, Any]:
        if not session["payment_intent"]:
            return deepcopy(session)
        intent = deepcopy(self.intents[session["payment_intent"]])
        if charge := intent["latest_charge"]:
            fee = {"fee": charge["amount"] * FEE_PERCENT // 100, "currency": charge["currency"]}
            charge["balance_transaction"] = {"object": "balance_transaction", **fee}
        return {**deepcopy(session), "payment_intent": intent}

    # The buyer and the bank

    def pay(self, session_id: str, amount: int | None = None) -> None:
        """Pay by card; another amount than the session's happens only by mistakes of Stripe."""
        with self._lock:
            session = self._complete(session_id, "succeeded")
            self._receive(session, session["amount_total"] if amount is None else amount)
            self._emit("checkout.session.completed", session)

    def decline(self, session_id: str) -> None:
        """Try a card that is declined; the session stays open."""
        with self._lock:
            session = self.sessions[session_id]
            intent = self._intent(session, "requires_payment_method")
            self._emit("payment_intent.payment_failed", intent)

    def pay_later(self, session_id: str) -> None:
        """Complete the session by a bank debit, which succeeds or fails days later."""
        with self._lock:
            self._emit("checkout.session.completed", self._complete(session_id, "processing"))

    def finish_late(self, session_id: str, *, succeeds: bool = True) -> None:
        with self._lock:
            session = self.sessions[session_id]
            if succeeds:
                self._receive(session, session["amount_total"])
                self._emit("checkout.session.async_payment_succeeded", session)
            else:
                self._intent(session, "requires_payment_method")
                self._emit("checkout.session.async_payment_failed", session)

    def expire_by_clock(self, session_id: str) -> None:
        with self._lock:
            session = self.sessions[session_id]
            session |= {"status": "expired", "url": None}
            self._emit("checkout.session.expired", session)

    def open_dispute(self, session_id: str, status: str = "needs_response") -> None:
        with self._lock:
            intent = self._intent_of(session_id)
            dispute = {
                "id": f"du_{next(self._ids)}",
                "object": "dispute",
                "payment_intent": intent["id"],
                "amount": intent["amount_received"],
                "currency": intent["currency"],
                "status": status,
            }
            self.disputes[dispute["id"]] = dispute
            intent["latest_charge"]["disputed"] = True
            self._emit("charge.dispute.created", dispute)

    def close_dispute(self, session_id: str, *, is_won: bool) -> None:
        with self._lock:
            for dispute in self._disputes_of(self._intent_of(session_id)):
                dispute["status"] = "won" if is_won else "lost"
                self._emit("charge.dispute.closed", dispute)

    def warn_of_fraud(self, session_id: str) -> None:
        intent = self._intent_of(session_id)
        warning = {"id": "issfr_1", "object": "radar.early_fraud_warning"}
        self._emit("radar.early_fraud_warning.created", warning | {"payment_intent": intent["id"]})

    # The organizer in the dashboard, and Stripe itself

    def refund_in_dashboard(self, session_id: str, amount: int) -> None:
        with self._lock:
            self._refund(self._intent_of(session_id), amount, {})

    def finish_refunds(self, *, succeed: bool = True) -> None:
        with self._lock:
            for refund in self.refunds.values():
                if refund["status"] == "pending":
                    refund["status"] = "succeeded" if succeed else "failed"
                    self._emit("refund.updated" if succeed else "refund.failed", refund)

    def forget_keys(self) -> None:
        """Let the idempotency keys die, as after 24 hours."""
        self._replays.clear()

    def webhooks(self, secret: str = WEBHOOK_SECRET) -> list[Webhook]:
        """Return all events so far, signed now."""
        return [signed(json.dumps(event).encode(), secret) for event in list(self.events)]

    @property
    def money_in(self) -> int:
        return sum(intent["amount_received"] for intent in self.intents.values())

    @property
    def money_out(self) -> int:
        """Return what was refunded, or will be, or was lost in disputes."""
        lost = sum(d["amount"] for d in self.disputes.values() if d["status"] == "lost")
        return lost + sum(self._refunded(intent) for intent in self.intents.values())

    # The ledger

    def _complete(self, session_id: str, intent_status: str) -> dict[str, Any]:
        session = self.sessions[session_id]
        assert session["status"] == "open", f"{session_id} is {session['status']}"
        session |= {"status": "complete", "url": None}
        self._intent(session, intent_status)
        return session

    def _intent(self, session: dict[str, Any], status: str) -> dict[str, Any]:
        if not session["payment_intent"]:
            intent_id = f"pi_{next(self._ids)}"
            self.intents[intent_id] = {
                "id": intent_id,
                "object": "payment_intent",
                "amount": session["amount_total"],
                "amount_received": 0,
                "currency": session["currency"],
                "latest_charge": None,
                "metadata": dict(session["metadata"]),
            }
            session["payment_intent"] = intent_id
        intent = self.intents[session["payment_intent"]]
        intent["status"] = status
        return intent

    def _receive(self, session: dict[str, Any], amount: int) -> None:
        intent = self._intent(session, "succeeded")
        charge = {
            "id": f"ch_{next(self._ids)}",
            "object": "charge",
            "amount": amount,
            "currency": intent["currency"],
            "disputed": False,
        }
        intent |= {"amount_received": amount, "latest_charge": charge}
        session["payment_status"] = "paid"

    def _intent_of(self, session_id: str) -> dict[str, Any]:
        return self.intents[self.sessions[session_id]["payment_intent"]]

    def _disputes_of(self, intent: dict[str, Any]) -> list[dict[str, Any]]:
        return [d for d in self.disputes.values() if d["payment_intent"] == intent["id"]]

    def _refunded(self, intent: dict[str, Any]) -> int:
        refunds = [r for r in self.refunds.values() if r["payment_intent"] == intent["id"]]
        return sum(refund["amount"] for refund in refunds if refund["status"] != "failed")

    def _refund(
        self, intent: dict[str, Any], amount: int, metadata: dict[str, str]
    ) -> dict[str, Any]:
        refund = {
            "id": f"re_{next(self._ids)}",
            "object": "refund",
            "payment_intent": intent["id"],
            "amount": amount,
            "currency": intent["currency"],
            "status": "pending" if self.refunds_are_slow else "succeeded",
            "metadata": metadata,
        }
        self.refunds[refund["id"]] = refund
        self._emit("refund.created", refund)
        return refund

    def _emit(self, kind: str, subject: dict[str, Any]) -> None:
        event = {
            "id": f"evt_{next(self._ids)}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": deepcopy(subject)},
        }
        self.events.append(event)
