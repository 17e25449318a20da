"""What parties pay with a code, in currencies whose last places no provider can charge."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from core import money
from events.models import DiscountCode, Tally, TicketType, TypeTally
from payments.gateways.paypal import PayPalGateway
from payments.gateways.stripe import StripeGateway
from payments.models import Payment
from rsvp.services.bills import bill_of, total_of
from rsvp.services.ticket_stock import Stock
from tests.client import Api
from tests.factories import EventFactory, UserFactory
from tests.rsvp.paid import PayPalShop, Shop, StripeShop
from tests.rsvp.ticketed import offer

pytestmark = pytest.mark.embedded

CURRENCIES = ["EUR", "HUF", "ISK", "JPY", "KWD", "MGA"]
STRIPE = StripeGateway("sk_test_1")
PAYPAL = PayPalGateway("id", "secret")


def _stock(prices: list[int], currency: str) -> Stock:
    types = [
        TicketType(pk=pk, price=price, currency=currency) for pk, price in enumerate(prices, 1)
    ]
    return Stock(Tally(), [TypeTally(pk=row.pk, ticket_type=row) for row in types])


def _may_charge(gateway: Any, amount: int, currency: str) -> bool:
    try:
        gateway.check_amount(amount, currency)
    except ValueError as refusal:
        return "does not support" in str(refusal)  # PayPal has no such prices at all
    return True


@given(
    currency=st.sampled_from(CURRENCIES),
    units=st.lists(st.integers(0, 5000), min_size=1, max_size=4),
    quantities=st.lists(st.integers(1, 10), min_size=4, max_size=4),
    code=st.one_of(
        st.integers(1, 100).map(lambda percent: DiscountCode(percent_off=percent)),
        st.integers(1, 10_000_000).map(lambda amount: DiscountCode(amount_off=amount)),
    ),
)
def test_what_is_left_can_be_charged(
    currency: str, units: list[int], quantities: list[int], code: DiscountCode
) -> None:
    step = money.step(currency)
    prices = [unit * step for unit in units]
    tickets = dict(zip(range(1, len(prices) + 1), quantities, strict=False))
    lines = bill_of(_stock(prices, currency), tickets, code)
    full = sum(line.quantity * line.unit_amount for line in lines)
    exact = min(code.amount_off or full * (code.percent_off or 0) / 100, full)
    assert -0.5 <= sum(line.discount for line in lines) - exact < step
    for line in lines:
        assert line.discount % step == 0
        assert 0 <= line.discount <= line.quantity * line.unit_amount
    if total := total_of(lines):
        assert _may_charge(STRIPE, total, currency)
        assert _may_charge(PAYPAL, total, currency)


@pytest.mark.parametrize(
    ("prices", "currency", "code", "discounts"),
    [
        pytest.param([1250], "KWD", {"percent_off": 33}, [420], id="percentage_up"),
        pytest.param([1250], "KWD", {"amount_off": 1}, [10], id="amount_up"),
        pytest.param([10], "KWD", {"percent_off": 50}, [10], id="free_below_the_step"),
        pytest.param([10, 10], "KWD", {"percent_off": 50}, [0, 10], id="lines_too"),
        pytest.param([1255], "KWD", {"percent_off": 33}, [414], id="price_of_others"),
        pytest.param([1250], "EUR", {"percent_off": 33}, [413], id="cents"),
    ],
)
def test_discount_is_rounded_up(
    prices: list[int], currency: str, code: dict[str, int], discounts: list[int]
) -> None:
    tickets = {pk: 1 for pk, _ in enumerate(prices, 1)}
    lines = bill_of(_stock(prices, currency), tickets, DiscountCode(**code))
    assert [line.discount for line in lines] == discounts


def test_every_currency_has_a_step_that_can_be_charged() -> None:
    for currency in (code.code for code in Currency):
        try:
            money.places(currency)
        except ValueError:
            continue
        amount = 7 * money.step(currency)
        assert _may_charge(STRIPE, amount, currency), currency
        assert _may_charge(PAYPAL, amount, currency), currency


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Any]:
    shop: Shop = request.param()
    with shop.server, override_settings(**shop.settings):
        yield shop


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("shop", "currency", "price", "code", "amount"),
    [
        pytest.param(StripeShop, "KWD", 1250, {"percent_off": 33}, "1.670", id="stripe-KWD"),
        pytest.param(StripeShop, "ISK", 5, {"amount_off": 3}, "7", id="stripe-ISK"),
        pytest.param(StripeShop, "MGA", 500, {"amount_off": 50}, "9.00", id="stripe-MGA"),
        pytest.param(PayPalShop, "HUF", 500, {"percent_off": 33}, "6.00", id="paypal-HUF"),
    ],
    indirect=["shop"],
)
def test_party_with_a_code_can_pay(
    shop: Any, currency: str, price: int, code: dict[str, int], amount: str
) -> None:
    event = EventFactory.create(max_attendees=10)
    ticket = offer(event, price=price, currency=currency)
    DiscountCode.objects.create(event=event, code="LESS", **code)
    tickets = [{"ticket_type": ticket.pk, "quantity": 2}]
    body = {"status": "going", "tickets": tickets, "code": "less"}
    rsvp = Api(UserFactory.create()).post(f"/events/{event.pk}/rsvp/", body)
    assert (rsvp["status"], rsvp["payment"]["amount"]) == ("pending_payment", amount)
    shop.pay(Payment.objects.get().checkout_id)
    shop.hear()
    assert Payment.objects.get().status == "paid"
