"""A Stripe with many buyers, whose calls can be the last that a server makes."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.standins import Call, StandInResponse
from tests.standins.stripe import Stripe


class BusyStripe(Stripe):
    """A Stripe at which some buyers pay at the moment when their page would be expired."""

    def __init__(self) -> None:
        super().__init__()
        self.pay_at_expiry: set[str] = set()

    def _expire(self, session: dict[str, Any]) -> Any:
        self.pays_at_expiry = session["id"] in self.pay_at_expiry
        return super()._expire(session)

    def pay_if_open(self, session_id: str) -> None:
        with self._lock:
            if self.sessions[session_id]["status"] == "open":
                self.pay(session_id)

    def decline_if_open(self, session_id: str) -> None:
        with self._lock:
            if self.sessions[session_id]["status"] == "open":
                self.decline(session_id)

    def pay_late(self, session_id: str) -> None:
        """Pay on a page that was expired, as happens only by mistakes of Stripe."""
        with self._lock:
            if self.sessions[session_id]["status"] == "expired":
                self.sessions[session_id]["status"] = "open"
                self.pay(session_id)

    def pay_by_bank(self, session_id: str) -> None:
        with self._lock:
            if self.sessions[session_id]["status"] == "open":
                self.pay_later(session_id)

    def let_banks_decide(self, sessions: list[str]) -> None:
        """End the bank debits of these pages; one of three fails."""
        with self._lock:
            for number, session_id in enumerate(sessions):
                intent = self.intents.get(self.sessions[session_id]["payment_intent"] or "", {})
                if intent.get("status") == "processing":
                    self.finish_late(session_id, succeeds=number % 3 > 0)

    def money_of(self, session_id: str) -> int:
        """Return what a page has brought in, less what went back."""
        with self._lock:
            intent = self.intents.get(self.sessions[session_id]["payment_intent"] or "")
            return intent["amount_received"] - self._refunded(intent) if intent else 0


class DeadlyStripe(BusyStripe):
    """Kills the server amid some of its calls: before their effect, or before the response.

    It also does so when a buyer has just paid, before any webhook.
    """

    MOMENTS = (
        *("create", "created", "expire", "expired", "fetch", "fetched"),
        *("refund", "refunded", "paid"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.kill: Callable[[], None] = lambda: None
        self.plan: dict[str, int] = {}  # after so many times of the moment
        self.kills: Counter[str] = Counter()

    def plan_kills(self, number: int, seed: int) -> None:
        chance = random.Random(seed)
        for moment in chance.sample(self.MOMENTS, number):
            self.plan[moment] = chance.randint(1, 1 if "refund" in moment else 5)

    def respond(self, call: Call) -> StandInResponse:
        before, after = _moments_of(call)
        if self._is_killed(before):
            raise ConnectionResetError
        response = super().respond(call)
        if self._is_killed(after):
            raise ConnectionResetError
        return response

    def pay(self, session_id: str, amount: int | None = None) -> None:
        super().pay(session_id, amount)
        self._is_killed("paid")

    def _is_killed(self, moment: str) -> bool:
        with self._lock:
            if moment not in self.plan:
                return False
            self.plan[moment] -= 1
            if self.plan[moment]:
                return False
            del self.plan[moment]
            self.kills[moment] += 1
        self.kill()
        return True


def _moments_of(call: Call) -> tuple[str, str]:
    path = call.path.partition("?")[0]
    if call.method == "GET":
        return ("fetch", "fetched") if "/sessions/" in path else ("", "")
    name = {"sessions": "create", "expire": "expire", "refunds": "refund"}[path.rpartition("/")[2]]
    return name, f"{name}d" if name.endswith("e") else f"{name}ed"
