"""Payments and refunds of any day, and readers of the revenue."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from time_machine import travel

from accounts.models import User
from analytics.periods import Period
from analytics.selectors import of_event
from events.models import Event, TicketType
from payments.models import Payment, PaymentLine, Refund
from tests.analytics.world import utc

NOW = utc("2027-05-20T12:00:00")
_rsvp_ids = count(1)


def sell(
    event: Event,
    payer: User,
    tickets: Sequence[tuple[TicketType, int]],
    *,
    at: datetime = NOW,
    fee: int | None = 0,
    currency: str = "EUR",
    refunds: Sequence[tuple[int, datetime | None]] = (),
    received: int | None = None,
    discount: int = 0,
) -> Payment:
    """Write a payment; refunds have an amount, and the time when they were done, or None."""
    amount = sum(kind.price * quantity for kind, quantity in tickets) - discount
    payment = Payment.objects.create(
        event=event,
        payer=payer,
        rsvp_id=next(_rsvp_ids),
        status=Payment.Status.PAID,
        amount=amount,
        currency=currency,
        received_amount=amount if received is None else received,
        received_currency=currency,
        refunded_amount=sum(part for part, done_at in refunds if done_at),
        fee=fee,
        expires_at=at,
        paid_at=at,
    )
    for number, (kind, quantity) in enumerate(tickets):
        PaymentLine.objects.create(
            payment=payment,
            ticket_type=kind,
            quantity=quantity,
            unit_amount=kind.price,
            discount=0 if number else discount,
        )
    for part, done_at in refunds:
        status = Refund.Status.DONE if done_at else Refund.Status.PENDING
        Refund.objects.create(payment=payment, amount=part, status=status, finished_at=done_at)
    return payment


def money(paid: str, refunded: str = "0.00", fees: str = "0.00", net: str = "") -> dict[str, str]:
    return {"paid": paid, "refunded": refunded, "fees": fees, "net": net or paid}


def revenue_of(event: Event, period: Period | None = None) -> dict[str, Any]:
    with travel(NOW, tick=False):
        revenue: dict[str, Any] = of_event(event, period or Period(ZoneInfo("UTC")))["revenue"]
    return revenue


def days_with_money(revenue: dict[str, Any]) -> dict[str, Any]:
    """Return the days on which something was paid or refunded."""
    return {
        str(day["date"]): day["totals"]
        for day in revenue["per_day"]
        if any(float(total["paid"]) or float(total["refunded"]) for total in day["totals"].values())
    }
