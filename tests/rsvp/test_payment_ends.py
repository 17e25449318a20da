"""Each end of a payment, from the RSVP on, with the libraries of Stripe and PayPal."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from events.models import Event, Tally
from notifications.models import Notification
from payments.exceptions import PaymentDisputed
from payments.models import Payment, Refund
from payments.services import checkout
from payments.services.closing import cancel_payment
from payments.services.refunds import request_refund
from rsvp.models import Rsvp
from tests.client import Api
from tests.factories import EventFactory, UserFactory, people
from tests.rsvp.paid import PayPalShop, Shop, StripeShop
from tests.rsvp.ticketed import offer

pytestmark = [pytest.mark.both, pytest.mark.django_db]

PRICE = 1250


@pytest.fixture(params=[StripeShop, PayPalShop], ids=["stripe", "paypal"])
def shop(request: pytest.FixtureRequest) -> Iterator[Any]:
    shop: Shop = request.param()
    with shop.server, override_settings(**shop.settings):
        yield shop


@pytest.fixture
def event() -> Event:
    event = EventFactory.create(max_attendees=2)
    offer(event, price=PRICE, currency="EUR")
    return event


def ask(event: Event, person: User, quantity: int = 2) -> Any:
    tickets = [{"ticket_type": event.ticket_types.get().pk, "quantity": quantity}]
    body = {"status": "going", "tickets": tickets}
    return Api(person).client.post(f"/api/events/{event.pk}/rsvp/", body)


def leave(event: Event, person: User) -> Any:
    return Api(person).client.post(f"/api/events/{event.pk}/cancel/", {})


def hold(event: Event, person: User, quantity: int = 2) -> Payment:
    response = ask(event, person, quantity)
    assert response.json()["status"] == "pending_payment", response.content
    return Payment.objects.get(pk=response.json()["payment"]["id"])


def end_of(shop: Shop, payment: Payment) -> tuple[str, str, tuple[int, int]]:
    """Return the ends of the payment and of its RSVP, and the provider's money in and out."""
    payment.refresh_from_db()
    return payment.status, Rsvp.objects.get(pk=payment.rsvp_id).status, shop.money


def seats(event: Event) -> tuple[int, int]:
    tally = Tally.objects.get(pk=event.pk)
    return tally.going, tally.held


def let_it_expire(shop: Shop, payment: Payment) -> None:
    now = timezone.now()
    Payment.objects.filter(pk=payment.pk).update(expires_at=now, due_at=now)
    shop.sweep()
    assert end_of(shop, payment) == ("expired", "cancelled", (0, 0))


def test_paid_in_time(shop: Any, event: Event) -> None:
    [ada] = people(1)
    payment = hold(event, ada)
    shop.pay(payment.checkout_id)
    for _ in range(3):
        shop.hear()
    assert end_of(shop, payment) == ("paid", "going", (2500, 0))
    assert seats(event) == (2, 0)


def test_abandoned(shop: Any, event: Event) -> None:
    ada, ben = people(2)
    let_it_expire(shop, hold(event, ada))
    assert hold(event, ben).status == "open"


def test_paid_too_late_with_free_seats(shop: Any, event: Event) -> None:
    [ada] = people(1)
    payment = hold(event, ada)
    let_it_expire(shop, payment)
    shop.pay_after_the_end(payment.checkout_id)
    shop.hear()
    assert end_of(shop, payment) == ("paid", "going", (2500, 0))
    assert seats(event) == (2, 0)


def test_paid_too_late_for_the_seats(shop: Any, event: Event) -> None:
    """Stripe's money goes back; PayPal's is not even taken."""
    ada, ben = people(2)
    payment = hold(event, ada)
    let_it_expire(shop, payment)
    other = hold(event, ben, 1)
    shop.pay_after_the_end(payment.checkout_id)
    shop.hear()
    ends = {
        "stripe": ("refunded", "cancelled", (2500, 2500)),
        "paypal": ("expired", "cancelled", (0, 0)),
    }
    assert end_of(shop, payment) == ends[shop.name]
    assert (end_of(shop, other)[:2], seats(event)) == (("open", "pending_payment"), (0, 1))


def test_paid_too_late_while_another_party_waits(shop: Any, event: Event) -> None:
    ada, ben, eve = people(3)
    payment = hold(event, ada)
    let_it_expire(shop, payment)
    hold(event, ben, 1)
    assert ask(event, eve, 2).json()["status"] == "waitlisted"
    shop.pay_after_the_end(payment.checkout_id)
    shop.hear()
    assert end_of(shop, payment)[1] == "cancelled"
    money_in, money_out = shop.money
    assert (money_in - money_out, seats(event)) == (0, (0, 1))


def test_old_page_is_paid_after_a_newer_hold_was_left(shop: Any, event: Event) -> None:
    [ada] = people(1)
    first = hold(event, ada)
    let_it_expire(shop, first)
    second = hold(event, ada, 1)
    assert leave(event, ada).status_code == 200
    shop.pay_after_the_end(first.checkout_id)
    shop.hear()
    assert end_of(shop, first) == ("paid", "going", (2500, 0))
    assert (end_of(shop, second)[0], seats(event)) == ("cancelled", (2, 0))


def test_old_page_is_paid_beside_a_newer_hold(shop: Any, event: Event) -> None:
    [ada] = people(1)
    first = hold(event, ada)
    let_it_expire(shop, first)
    second = hold(event, ada, 1)
    shop.pay_after_the_end(first.checkout_id)
    shop.hear()
    assert end_of(shop, second)[:2] == ("open", "pending_payment")
    money_in, money_out = shop.money
    assert (money_in - money_out, seats(event)) == (0, (0, 1))


@pytest.mark.parametrize(
    ("succeeds", "end", "seated"),
    [
        pytest.param(True, ("paid", "going", (2500, 0)), (2, 0), id="succeeds"),
        pytest.param(False, ("failed", "cancelled", (0, 0)), (0, 0), id="fails"),
    ],
)
def test_bank_needs_days(
    shop: Any, event: Event, succeeds: bool, end: Any, seated: tuple[int, int]
) -> None:
    [ada] = people(1)
    payment = hold(event, ada)
    shop.pay_by_bank(payment.checkout_id)
    shop.hear()
    assert end_of(shop, payment) == ("processing", "pending_payment", (0, 0))
    assert leave(event, ada).json()["code"] == "provider_unavailable"
    shop.server.finish_late(payment.checkout_id, succeeds=succeeds)
    shop.hear()
    assert end_of(shop, payment) == end
    assert seats(event) == seated


@pytest.mark.parametrize("amount", [2400, 2600])
def test_wrong_amount(shop: Any, event: Event, amount: int) -> None:
    alma = UserFactory.create(is_superuser=True, is_staff=True)
    [ada] = people(1)
    payment = hold(event, ada)
    shop.pay_wrongly(payment.checkout_id, amount)
    shop.hear()
    shop.hear()
    assert end_of(shop, payment) == ("refunded", "cancelled", (amount, amount))
    assert seats(event) == (0, 0)
    assert Notification.objects.filter(kind="admin_alert", user=alma).count() == 1


def test_refund_in_the_dashboard_leaves_the_seat(shop: Any, event: Event) -> None:
    [ada] = people(1)
    payment = hold(event, ada)
    shop.pay(payment.checkout_id)
    shop.hear()
    shop.refund_in_dashboard(payment.checkout_id, 2500)
    shop.hear()
    assert end_of(shop, payment) == ("refunded", "going", (2500, 2500))
    assert [(row.amount, row.status) for row in Refund.objects.all()] == [(2500, "done")]


ONLY_STRIPE = pytest.mark.parametrize("shop", [StripeShop], indirect=True, ids=["stripe"])


def pay_too_late_for_the_seats(shop: Any, event: Event) -> Payment:
    """PayPal's money would not even be taken."""
    ada, ben = people(2)
    payment = hold(event, ada)
    let_it_expire(shop, payment)
    hold(event, ben)
    shop.pay_after_the_end(payment.checkout_id)
    return payment


@ONLY_STRIPE
@pytest.mark.parametrize("amount", [2500, 1000])
def test_late_money_that_went_back_in_the_dashboard_is_not_refunded_again(
    shop: Any, event: Event, amount: int
) -> None:
    alma = UserFactory.create(is_superuser=True, is_staff=True)
    payment = pay_too_late_for_the_seats(shop, event)
    shop.refund_in_dashboard(payment.checkout_id, amount)
    shop.hear()
    assert end_of(shop, payment) == ("refunded", "cancelled", (2500, 2500))
    assert not Refund.objects.exclude(status="done").exists()
    assert not Notification.objects.filter(kind="admin_alert", user=alma).exists()


@ONLY_STRIPE
def test_late_money_that_is_disputed_is_left_to_the_bank(shop: Any, event: Event) -> None:
    payment = pay_too_late_for_the_seats(shop, event)
    shop.server.open_dispute(payment.checkout_id)
    shop.hear()
    assert end_of(shop, payment) == ("disputed", "cancelled", (2500, 0))
    assert not Refund.objects.exists()


def test_disputed_money_is_not_refunded_by_us(shop: Any, event: Event) -> None:
    [ada] = people(1)
    payment = hold(event, ada)
    shop.pay(payment.checkout_id)
    shop.hear()
    shop.server.open_dispute(payment.checkout_id)
    shop.hear()
    assert end_of(shop, payment) == ("disputed", "going", (2500, 0))
    with pytest.raises(PaymentDisputed):
        request_refund(payment=payment)
    shop.server.close_dispute(payment.checkout_id, is_won=True)
    shop.hear()
    assert end_of(shop, payment) == ("paid", "going", (2500, 0))


def test_two_refunds_of_the_same_amount_both_go_back(shop: Any, event: Event) -> None:
    """The first is tried in vain; the response to the second is lost."""
    [ada] = people(1)
    payment = hold(event, ada)
    shop.pay(payment.checkout_id)
    shop.hear()
    first = request_refund(payment=payment, amount=PRICE)
    shop.go_down()
    shop.sweep()
    second = request_refund(payment=payment, amount=PRICE)
    Refund.objects.filter(pk=first.pk).update(due_at=None)
    shop.come_back()
    shop.server.deaths = 1
    shop.sweep_once()
    Refund.objects.filter(status="pending").update(due_at=timezone.now())
    shop.hear()
    assert end_of(shop, payment) == ("refunded", "going", (2500, 2500))
    rows = [(row.pk, row.status) for row in Refund.objects.all()]
    assert rows == [(first.pk, "done"), (second.pk, "done")]


def test_provider_is_down_while_leaving(shop: Any, event: Event) -> None:
    [ada] = people(1)
    payment = hold(event, ada)
    shop.go_down()
    response = leave(event, ada)
    assert (response.status_code, response.json()["code"]) == (503, "provider_unavailable")
    assert seats(event) == (0, 2)
    shop.come_back()
    Payment.objects.update(due_at=timezone.now())
    shop.sweep()
    assert end_of(shop, payment) == ("cancelled", "cancelled", (0, 0))
    assert seats(event) == (0, 0)


def test_paid_after_a_leave_that_the_provider_did_not_hear(shop: Any, event: Event) -> None:
    """Who pays by Stripe gets the seat; PayPal's order is not captured any more."""
    [ada] = people(1)
    payment = hold(event, ada)
    shop.go_down()
    leave(event, ada)
    shop.come_back()
    shop.pay(payment.checkout_id)
    shop.hear()
    Payment.objects.filter(status="open").update(due_at=timezone.now())
    shop.sweep()
    ends = {
        "stripe": ("paid", "going", (2500, 0)),
        "paypal": ("cancelled", "cancelled", (0, 0)),
    }
    assert end_of(shop, payment) == ends[shop.name]


def test_paid_at_the_moment_of_leaving(event: Event) -> None:
    shop = StripeShop()
    with shop.server, override_settings(**shop.settings):
        [ada] = people(1)
        payment = hold(event, ada)
        shop.server.pays_at_expiry = True
        response = leave(event, ada)
        assert (response.status_code, response.json()["code"]) == (409, "just_paid")
        assert end_of(shop, payment) == ("paid", "going", (2500, 0))
        assert leave(event, ada).status_code == 200


def test_provider_is_down_at_the_checkout(shop: Any, event: Event) -> None:
    [ada] = people(1)
    shop.go_down()
    response = ask(event, ada)
    assert (response.status_code, response.json()["code"]) == (503, "provider_unavailable")
    assert seats(event) == (0, 2)
    shop.come_back()
    payment = hold(event, ada)
    assert (Payment.objects.count(), shop.pages) == (1, 1)
    shop.pay(payment.checkout_id)
    shop.hear()
    assert end_of(shop, payment) == ("paid", "going", (2500, 0))


def test_provider_refuses_the_amount() -> None:
    """The buyer learns that a repetition can't help, and can choose other tickets."""
    ada, admin = people(1)[0], UserFactory.create(is_superuser=True)
    event = EventFactory.create()
    offer(event, price=10, currency="EUR")
    shop = StripeShop()
    with shop.server, override_settings(**shop.settings):
        for _ in range(2):
            response = ask(event, ada, quantity=2)
            assert (response.status_code, response.json()["code"]) == (409, "payment_refused")
        assert (Payment.objects.get().status, seats(event)) == ("open", (0, 2))
        assert Notification.objects.filter(user=admin, kind="admin_alert").count() == 1
        assert hold(event, ada, quantity=5).amount == 50
        assert seats(event) == (0, 5)


def test_response_of_the_checkout_is_lost(shop: Any, event: Event) -> None:
    [ada] = people(1)
    shop.server.deaths = 1
    assert ask(event, ada).status_code == 503
    payment = hold(event, ada)
    assert (Payment.objects.count(), shop.pages) == (1, 1)
    assert payment.checkout_id


def test_page_of_a_hold_that_ended_meanwhile_is_not_shown(
    shop: Any, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is closed in the background, and who paid on it would only get the money back."""
    order = checkout._order

    def end_first(payment: Payment) -> Any:
        cancel_payment(payment.pk)
        return order(payment)

    monkeypatch.setattr(checkout, "_order", end_first)
    [ada] = people(1)
    assert ask(event, ada).json()["checkout_url"] is None
    assert Payment.objects.get().checkout_id
