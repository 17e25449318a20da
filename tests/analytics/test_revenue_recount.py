"""Generated payments and refunds: the revenue is that of a plain recount."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from analytics.periods import Period
from core.money import to_minor, to_text
from events.models import Event, TicketType
from payments.models import Payment
from tests.analytics.sales import NOW, money, revenue_of, sell
from tests.rsvp.ticketed import offer

pytestmark = pytest.mark.both

# Each payment: quantities by type, discount and fee in percent, day, refunds in percent of what is
# left with their day (None: not done), and its currency.
Days = st.integers(0, 12)
Sale = st.tuples(
    st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any),
    st.integers(0, 99),
    st.one_of(st.none(), st.integers(-1, 9)),
    Days,
    st.lists(st.tuples(st.integers(1, 100), st.one_of(st.none(), Days)), max_size=3),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
PRICES = (1, 333, 12345)


@given(sales=st.lists(Sale, max_size=8), first=Days, days=st.integers(0, 12))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_numbers_match_a_plain_recount(
    event: Event, ada: User, sales: list[Any], first: int, days: int
) -> None:
    with transaction.atomic():
        kinds = [offer(event, name=f"{p}", price=p, currency="EUR") for p in PRICES]
        payments = [_sell(event, ada, kinds, sale) for sale in sales]
        start = NOW.date() - timedelta(days=12 - first)
        period = Period(ZoneInfo("Pacific/Chatham"), start, start + timedelta(days=days))
        revenue = revenue_of(event, period)
        _check_totals(revenue, payments)
        _check_types(revenue, payments)
        _check_days(revenue, payments, period)
        transaction.set_rollback(True)


def _sell(event: Event, ada: User, kinds: list[TicketType], sale: Any) -> Payment:
    quantities, discount, fee, day, refunds, currency = sale
    tickets = [(kind, number) for kind, number in zip(kinds, quantities, strict=True) if number]
    first_kind, first_quantity = tickets[0]
    off = first_kind.price * first_quantity * discount // 100
    amount = sum(kind.price * number for kind, number in tickets) - off
    left, parts = amount, []
    for percent, done in refunds:
        if part := left * percent // 100:
            left -= part
            parts.append((part, None if done is None else _moment(done)))
    return sell(
        event,
        ada,
        tickets,
        at=_moment(day),
        fee=None if fee is None else amount * fee // 100,
        currency=currency,
        refunds=parts,
        discount=off,
    )


def _moment(day: int) -> datetime:
    return NOW - timedelta(days=12 - day, hours=day)


def _minor(row: dict[str, str], currency: str) -> list[int]:
    return [to_minor(row[name], currency) for name in ("paid", "refunded", "fees", "net")]


def _amounts(payment: Payment) -> list[int]:
    paid, fees = payment.received_amount or 0, payment.fee or 0
    refunded = sum(refund.amount for refund in payment.refunds.filter(status="done"))
    return [paid, refunded, fees, paid - refunded - fees]


def _sums(rows: Sequence[tuple[str, list[int]]]) -> dict[str, list[int]]:
    sums: dict[str, list[int]] = {}
    for currency, amounts in rows:
        before = sums.get(currency, [0] * 4)
        sums[currency] = [a + b for a, b in zip(before, amounts, strict=True)]
    return sums


def _check_totals(revenue: dict[str, Any], payments: list[Payment]) -> None:
    expected = _sums([(payment.currency, _amounts(payment)) for payment in payments])
    assert {code: _minor(row, code) for code, row in revenue["totals"].items()} == expected


def _check_types(revenue: dict[str, Any], payments: list[Payment]) -> None:
    """The types add up to the totals, and each has its share, to a minor unit of each payment."""
    rows = revenue["by_ticket_type"]
    totals = {code: _minor(row, code) for code, row in revenue["totals"].items()}
    assert _sums([(row["currency"], _minor(row, row["currency"])) for row in rows]) == totals
    exact: dict[tuple[int, str], list[Fraction]] = defaultdict(lambda: [Fraction()] * 4)
    tickets: dict[tuple[int, str], int] = defaultdict(int)
    for payment in payments:
        for line in payment.lines.all():
            key = (line.ticket_type_id, payment.currency)
            tickets[key] += line.quantity
            share = Fraction(line.amount, payment.amount)
            amounts = _amounts(payment)
            exact[key] = [a + share * b for a, b in zip(exact[key], amounts, strict=True)]
    assert {(row["id"], row["currency"]): row["tickets"] for row in rows} == tickets
    for row in rows:
        currency = row["currency"]
        for amount, share in zip(_minor(row, currency), exact[row["id"], currency], strict=True):
            # The net amount has the differences of three shares.
            assert abs(amount - share) < 3 * len(payments), row


def _check_days(revenue: dict[str, Any], payments: list[Payment], period: Period) -> None:
    assert period.first and period.last
    today = NOW.astimezone(period.zone).date()
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for payment in payments:
        assert payment.paid_at
        on = sums[payment.paid_at.astimezone(period.zone).date(), payment.currency]
        on[0] += payment.received_amount or 0
        on[2] += payment.fee or 0
        for refund in payment.refunds.filter(status="done"):
            assert refund.finished_at
            sums[refund.finished_at.astimezone(period.zone).date(), payment.currency][1] += (
                refund.amount
            )
    shown = {key: sum_ for key, sum_ in sums.items() if period.first <= key[0] <= period.last}
    currencies = sorted({currency for _, currency in shown})
    all_days = (period.last - period.first).days + 1
    dates = [period.first + timedelta(days=number) for number in range(all_days)]
    assert revenue["per_day"] == [
        {
            "date": day,
            "totals": {
                code: _texts(shown.get((day, code), [0, 0, 0]), code) for code in currencies
            },
        }
        for day in dates
        if day <= today and currencies
    ]


def _texts(amounts: list[int], currency: str) -> dict[str, str]:
    paid, refunded, fees = (to_text(amount, currency) for amount in amounts)
    return money(paid, refunded, fees, to_text(amounts[0] - amounts[1] - amounts[2], currency))
