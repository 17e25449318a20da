"""A hold that is to be paid at another provider than the one of its page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from accounts.models import User
from events.models import Event, Tally
from payments.models import Payment
from rsvp.models import Rsvp
from tests.client import Api
from tests.factories import EventFactory, people
from tests.invariants import check_invariants
from tests.rsvp.paid import PayPalShop, StripeShop
from tests.rsvp.ticketed import buy, offer

pytestmark = [pytest.mark.both, pytest.mark.django_db]

PRICE = 1250


@pytest.fixture
def shops() -> Iterator[dict[str, Any]]:
    """Two providers that are both on; Stripe is the default."""
    stripe, paypal = StripeShop(), PayPalShop()
    settings = stripe.settings | paypal.settings
    with stripe.server, paypal.server, override_settings(**settings):
        yield {shop.name: shop for shop in (stripe, paypal)}


@pytest.fixture(params=["stripe", "paypal"])
def before(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def after(before: str) -> str:
    return {"stripe": "paypal", "paypal": "stripe"}[before]


@pytest.fixture
def event() -> Event:
    event = EventFactory.create(max_attendees=2)
    offer(event, price=PRICE, currency="EUR")
    return event


def post(event: Event, person: User, provider: str | None = None) -> Any:
    body = {"status": "going", "guests": 1} | ({"provider": provider} if provider else {})
    return Api(person).client.post(f"/api/events/{event.pk}/rsvp/", body)


def hold(event: Event, person: User, provider: str | None = None) -> Payment:
    response = post(event, person, provider)
    assert response.json()["status"] == "pending_payment", response.content
    return Payment.objects.get(pk=response.json()["payment"]["id"])


def all_money(shops: dict[str, Any]) -> int:
    return sum(money_in - money_out for money_in, money_out in (s.money for s in shops.values()))


def test_another_provider_has_the_same_seats(
    shops: dict[str, Any], event: Event, ada: User, before: str, after: str
) -> None:
    first = hold(event, ada, before)
    second = hold(event, ada, after)
    first.refresh_from_db()
    assert (first.status, second.status, second.provider) == ("cancelled", "open", after)
    kept = ("expires_at", "amount", "currency", "rsvp_id", "refund_policy", "refund_until")
    assert [getattr(second, name) for name in kept] == [getattr(first, name) for name in kept]
    lines = [(line.ticket_type_id, line.quantity, line.amount) for line in second.lines.all()]
    assert lines == [(event.ticket_types.get().pk, 2, 2 * PRICE)]
    assert second.checkout_url != first.checkout_url
    shops[after].pay(second.checkout_id)
    shops[after].hear()
    second.refresh_from_db()
    assert (second.status, Rsvp.objects.get(user=ada).status) == ("paid", "going")
    assert shops[before].money == (0, 0)
    assert not ada.notifications.filter(kind="rsvp_cancelled").exists()
    check_invariants()


def test_waiting_party_does_not_get_the_seats(
    shops: dict[str, Any], event: Event, before: str, after: str
) -> None:
    ada, ben = people(2)
    hold(event, ada, before)
    assert buy(event, ben, {event.ticket_types.get().pk: 1}).status == "waitlisted"
    hold(event, ada, after)
    assert Rsvp.objects.get(user=ben).status == "waitlisted"
    assert Tally.objects.get(pk=event.pk).held == 2


@pytest.mark.parametrize("is_named", [True, False], ids=["same", "none"])
def test_other_requests_keep_the_page(
    shops: dict[str, Any], event: Event, ada: User, before: str, is_named: bool
) -> None:
    first = hold(event, ada, before)
    assert hold(event, ada, before if is_named else None) == first


def test_earlier_order_is_not_captured(shops: dict[str, Any], event: Event, ada: User) -> None:
    """PayPal can't void it, so the buyer may still approve it."""
    first = hold(event, ada, "paypal")
    second = hold(event, ada, "stripe")
    shops["paypal"].pay(first.checkout_id)
    shops["paypal"].hear()
    shops["stripe"].pay(second.checkout_id)
    shops["stripe"].hear()
    assert (shops["paypal"].money, all_money(shops)) == ((0, 0), 2 * PRICE)
    assert Rsvp.objects.get(user=ada).status == "going"


def test_page_that_was_just_paid(
    shops: dict[str, Any], event: Event, ada: User, before: str, after: str
) -> None:
    first = hold(event, ada, before)
    shops[before].pay(first.checkout_id)
    response = post(event, ada, after)
    assert (response.status_code, response.json()["status"]) == (200, "going")
    assert (Payment.objects.count(), all_money(shops)) == (1, 2 * PRICE)


def test_bank_is_working_on_it(
    shops: dict[str, Any], event: Event, ada: User, before: str, after: str
) -> None:
    first = hold(event, ada, before)
    shops[before].pay_by_bank(first.checkout_id)
    shops[before].hear()
    body = post(event, ada, after).json()
    assert (body["status"], "payment" in body) == ("pending_payment", False)
    assert Payment.objects.get().provider == before


def test_provider_that_can_not_close_its_page(
    shops: dict[str, Any], event: Event, ada: User, before: str, after: str
) -> None:
    first = hold(event, ada, before)
    shops[before].go_down()
    response = post(event, ada, after)
    assert (response.status_code, response.json()["code"]) == (503, "provider_unavailable")
    shops[before].come_back()
    again = hold(event, ada, before)
    assert again.expires_at == first.expires_at
    assert (again == first) == (before == "paypal")  # Stripe can have closed the page all the same
    assert hold(event, ada, after).provider == after


def test_page_that_was_not_made(
    shops: dict[str, Any], event: Event, ada: User, before: str, after: str
) -> None:
    """The first provider does not respond, so people try the other one."""
    shops[before].go_down()
    assert post(event, ada, before).status_code == 503
    assert hold(event, ada, after).provider == after


@pytest.mark.parametrize(
    ("price", "field"),
    [((1250, "EUR"), "provider"), ((1253, "BHD"), "tickets")],
    ids=["unknown", "amount"],
)
def test_provider_that_is_refused_leaves_the_hold(
    shops: dict[str, Any], ada: User, price: tuple[int, str], field: str
) -> None:
    event = EventFactory.create()
    offer(event, price=price[0], currency=price[1])
    with override_settings(STRIPE_SECRET_KEY="", PAYPAL_CLIENT_ID="", DEBUG=True):
        hold(event, ada, "test")
    response = post(event, ada, "nobody" if field == "provider" else "stripe")
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert Payment.objects.get().status == "open"
