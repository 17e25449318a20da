"""A gateway whose provider is a script of the test, and payments that use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from events.models import Event, TicketType
from events.services.tallies import lock_tally
from payments.gateways.base import (
    BadSignature,
    Checkout,
    CheckoutState,
    GatewayEvent,
    Order,
    Outcome,
    ProviderError,
    RefundState,
)
from payments.models import Payment
from payments.services.checkout import Line, create_payment, open_checkout

_rsvp_ids = count(1)


@dataclass
class FakeGateway:
    """Keeps a ledger; `fails` names calls that do not answer, `dies_after` those with an effect."""

    name: str = "stripe"
    states: dict[str, CheckoutState] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    refunds: dict[str, RefundState] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)
    dies_after: set[str] = field(default_factory=set)
    refund_status: str = "done"
    pays_at_expiry: bool = False
    voids: bool = True
    event_checkout: str = ""  # that webhooks are about
    event_reference: str = ""
    event_warning: str = ""

    def _begin(self, call: str) -> None:
        assert not connection.in_atomic_block, f"{call} in a transaction"
        self.calls.append(call)
        if call in self.fails:
            raise ProviderError("The provider did not answer.")

    def _end(self, call: str) -> None:
        if call in self.dies_after:
            raise ProviderError("The answer was lost.")

    def set(self, checkout_id: str, **fields: Any) -> None:
        self.states[checkout_id] = replace(self.states[checkout_id], **fields)

    def pay(self, checkout_id: str, **fields: Any) -> None:
        payment_id = f"pi_{checkout_id}"
        self.set(checkout_id, outcome=Outcome.PAID, provider_payment_id=payment_id, **fields)

    def check_amount(self, amount: int, currency: str) -> None:
        if currency == "KWD" and amount % 10:
            raise ValueError("Prices in KWD must end in 0.")

    def create_checkout(self, order: Order) -> Checkout:
        self._begin("create_checkout")
        checkout_id = f"cs_{order.payment_id}"
        self.orders[order.idempotency_key] = order
        if checkout_id not in self.states:
            self.states[checkout_id] = CheckoutState(Outcome.OPEN, order.amount, order.currency)
        self._end("create_checkout")
        return Checkout(checkout_id, f"https://pay.example/{checkout_id}")

    def expire(self, checkout_id: str, *, account: str = "") -> bool:
        self._begin("expire")
        if self.pays_at_expiry:
            self.pay(checkout_id)
        if self.voids and self.states[checkout_id].outcome == Outcome.OPEN:
            self.set(checkout_id, outcome=Outcome.EXPIRED)
        self._end("expire")
        return self.states[checkout_id].outcome == Outcome.EXPIRED

    def fetch(
        self, *, checkout_id: str, provider_payment_id: str = "", account: str = ""
    ) -> CheckoutState:
        self._begin("fetch")
        return self.states[checkout_id]

    def capture(
        self, checkout_id: str, *, idempotency_key: str, account: str = ""
    ) -> CheckoutState:
        self._begin("capture")
        self.pay(checkout_id)
        self._end("capture")
        return self.states[checkout_id]

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
        self._begin("refund")
        if idempotency_key not in self.refunds:
            state = RefundState(f"re_{refund_id}", amount, self.refund_status, refund_id)
            self.refunds[idempotency_key] = state
            self.add_refund(provider_payment_id.removeprefix("pi_"), state)
        self._end("refund")
        return self.refunds[idempotency_key]

    def add_refund(self, checkout_id: str, *states: RefundState) -> None:
        before = {state.id: state for state in self.states[checkout_id].refunds}
        before |= {state.id: state for state in states}
        self.set(checkout_id, refunds=tuple(before.values()))

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent:
        self._begin("read_event")
        if headers.get("Signature") != "good":
            raise BadSignature
        return GatewayEvent(
            id=body.decode(),
            kind="test",
            checkout_id=self.event_checkout,
            reference=self.event_reference,
            needs_attention=self.event_warning,
        )

    def payment_link(self, provider_payment_id: str) -> str:
        return f"https://dashboard.example/{provider_payment_id}"


def ticket_type(event: Event, **fields: Any) -> TicketType:
    return TicketType.objects.create(
        event=event, **{"name": "Seat", "price": 1250, "currency": "EUR"} | fields
    )


def payment(event: Event, payer: User, *, is_opened: bool = True, **fields: Any) -> Payment:
    """Write a payment of two tickets for 25.00 EUR, and open its page."""
    kind = event.ticket_types.first() or ticket_type(event)
    lines: Sequence[Line] = fields.pop("lines", [Line(kind.pk, 2, 1250)])
    values: dict[str, Any] = {
        "rsvp_id": next(_rsvp_ids),
        "currency": "EUR",
        "expires_at": timezone.now() + timedelta(minutes=30),
    }
    with transaction.atomic():
        lock_tally(event.pk)
        created = create_payment(event=event, payer=payer, lines=lines, **values | fields)
    return open_checkout(created.pk) if is_opened else created


def make_due(model: Any) -> None:
    model.objects.exclude(due_at=None).update(due_at=timezone.now())
