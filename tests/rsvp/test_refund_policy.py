"""Refunds for tickets that people give back, by the policy of the event."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from events.models import DiscountCode, Event
from events.services.events import update_event
from payments.gateways import test as provider
from payments.gateways.base import CheckoutState, Outcome
from payments.models import Payment, PaymentLine, Refund
from payments.services.closing import cancel_payment
from payments.services.refunds import request_refund
from payments.services.settlement import record_state
from payments.services.states import settle
from rsvp.models import Rsvp
from tests.client import Api
from tests.factories import EventFactory, people
from tests.rsvp.paid import PayPalShop, StripeShop
from tests.rsvp.ticketed import offer

pytestmark = [pytest.mark.both, pytest.mark.django_db]

PRICE = 1000


@pytest.fixture
def event() -> Event:
    event = EventFactory.create(max_attendees=9, refund_policy="full", refund_until_hours=48)
    offer(event, price=PRICE, currency="EUR")
    return event


@pytest.fixture
def ada() -> User:
    [ada] = people(1)
    return ada


@pytest.fixture(autouse=True)
def in_debug() -> Iterator[None]:
    with override_settings(DEBUG=True):
        yield


def rsvp(event: Event, person: User, *quantities: int, **fields: Any) -> Any:
    types = event.ticket_types.order_by("pk").values_list("pk", flat=True)
    tickets = [
        {"ticket_type": pk, "quantity": quantity}
        for pk, quantity in zip(types, quantities, strict=False)
        if quantity
    ]
    body = {"status": "going", "tickets": tickets} | fields
    return Api(person).client.post(f"/api/events/{event.pk}/rsvp/", body).json()


def leave(event: Event, person: User) -> Any:
    return Api(person).client.post(f"/api/events/{event.pk}/cancel/", {}).json()


def buy(event: Event, person: User, *quantities: int, **fields: Any) -> Payment:
    held = rsvp(event, person, *quantities, **fields)
    assert (held["status"], held["refund"]) == ("pending_payment", None), held
    payment = Payment.objects.get(pk=held["payment"]["id"])
    provider.pay(payment.checkout_id, Outcome.PAID)
    settle(payment.pk)
    payment.refresh_from_db()
    assert payment.status == "paid"
    return payment


def refunded(payment: Payment) -> list[int]:
    return list(payment.refunds.values_list("amount", flat=True))


def start_in(event: Event, hours: int) -> None:
    start = timezone.now() + timedelta(hours=hours)
    end = start + timedelta(hours=2)
    Event.objects.filter(pk=event.pk).update(start_time=start, end_time=end)


@pytest.mark.parametrize("kind", [StripeShop, PayPalShop], ids=["stripe", "paypal"])
def test_leaving_in_time_gives_the_money_back(
    kind: type[StripeShop | PayPalShop], event: Event, ada: User
) -> None:
    shop = kind()
    with shop.server, override_settings(**shop.settings):
        held = rsvp(event, ada, 2)
        payment = Payment.objects.get(pk=held["payment"]["id"])
        shop.pay(payment.checkout_id)
        shop.hear()
        left = leave(event, ada)
        assert left["status"] == "cancelled"
        assert left["refund"] == {
            "payment": payment.pk,
            "amount": "20.00",
            "currency": "EUR",
            "status": "pending",
            "reason": "Tickets were given back in time.",
        }
        assert leave(event, ada)["refund"] is None
        shop.hear()
        assert shop.money == (2 * PRICE, 2 * PRICE)
    payment.refresh_from_db()
    assert (payment.status, refunded(payment)) == ("refunded", [2 * PRICE])
    assert payment.refunds.get().requested_by == ada


@pytest.mark.parametrize("status", ["cancelled", "interested"])
def test_another_status_is_leaving_too(event: Event, ada: User, status: str) -> None:
    payment = buy(event, ada, 2)
    changed = Api(ada).client.post(f"/api/events/{event.pk}/rsvp/", {"status": status}).json()
    assert (changed["status"], changed["refund"]["amount"]) == (status, "20.00")
    assert refunded(payment) == [2 * PRICE]


def test_leaving_too_late_gives_nothing_back(event: Event, ada: User) -> None:
    start_in(event, 49)
    payment = buy(event, ada, 2)
    Payment.objects.update(refund_until=timezone.now())
    left = leave(event, ada)
    assert (left["status"], left["refund"], refunded(payment)) == ("cancelled", None, [])


def test_no_policy_gives_nothing_back(event: Event, ada: User) -> None:
    Event.objects.update(refund_policy="none")
    payment = buy(event, ada, 2)
    assert payment.refund_until is None
    assert leave(event, ada)["refund"] is None
    assert refunded(payment) == []


def test_a_payment_keeps_the_policy_of_its_purchase(event: Event, ada: User) -> None:
    payment = buy(event, ada, 2)
    update_event(event_id=event.pk, changes={"refund_policy": "none", "refund_until_hours": 8760})
    assert leave(event, ada)["refund"]["amount"] == "20.00"
    bob = people(2)[1]
    update_event(event_id=event.pk, changes={"refund_policy": "none"})
    later = buy(event, bob, 1)
    update_event(event_id=event.pk, changes={"refund_policy": "full", "refund_until_hours": 0})
    assert leave(event, bob)["refund"] is None
    assert (refunded(payment), refunded(later)) == ([2 * PRICE], [])


def test_a_smaller_party_gets_its_share_to_the_cent(event: Event, ada: User) -> None:
    """30.00 less 10.00 are 20.00 for three: no cent is lost, whatever the order."""
    DiscountCode.objects.create(event=event, code="TEN", amount_off=1000)
    payment = buy(event, ada, 3, code="TEN")
    assert rsvp(event, ada, 2)["refund"]["amount"] == "6.67"
    assert rsvp(event, ada, 2)["refund"] is None
    assert rsvp(event, ada, 1)["refund"]["amount"] == "6.67"
    assert leave(event, ada)["refund"]["amount"] == "6.66"
    assert sum(refunded(payment)) == payment.amount == 2000


def test_guests_fewer_is_a_smaller_party(event: Event, ada: User) -> None:
    payment = buy(event, ada, 3)
    body = {"status": "going", "guests": 0}
    changed = Api(ada).client.post(f"/api/events/{event.pk}/rsvp/", body).json()
    assert (changed["guests"], changed["refund"]["amount"]) == (0, "20.00")
    assert refunded(payment) == [2 * PRICE]


def test_only_the_returned_type_is_refunded(event: Event, ada: User) -> None:
    offer(event, price=333, currency="EUR")
    offer(event)
    payment = buy(event, ada, 1, 2, 1)
    assert rsvp(event, ada, 1, 0, 1)["refund"]["amount"] == "6.66"
    assert rsvp(event, ada, 0, 0, 1)["refund"]["amount"] == "10.00"
    assert leave(event, ada)["refund"] is None
    assert sum(refunded(payment)) == payment.amount


def test_seats_that_cost_nothing_later_are_not_refunded(event: Event, ada: User) -> None:
    """Left too late, then back for free: the first payment is over, though its time came again."""
    payment = buy(event, ada, 1)
    Payment.objects.update(refund_until=timezone.now())
    assert leave(event, ada)["refund"] is None
    event.ticket_types.update(price=0)
    assert rsvp(event, ada, 1)["status"] == "going"
    Payment.objects.update(refund_until=event.start_time)
    assert leave(event, ada)["refund"] is None
    assert refunded(payment) == []


def test_free_tickets_beside_paid_ones_are_not_refunded(event: Event, ada: User) -> None:
    payment = buy(event, ada, 1)
    event.ticket_types.update(price=0)
    rsvp(event, ada, 3)
    assert rsvp(event, ada, 1)["refund"] is None
    assert leave(event, ada)["refund"]["amount"] == "10.00"
    assert refunded(payment) == [PRICE]


def test_never_more_than_is_left(event: Event, ada: User) -> None:
    payment = buy(event, ada, 2)
    request_refund(payment=payment, amount=1500)
    assert rsvp(event, ada, 1)["refund"]["amount"] == "5.00"
    assert leave(event, ada)["refund"] is None
    assert refunded(payment) == [1500, 500]


def test_a_disputed_payment_is_left_to_the_bank(event: Event, ada: User) -> None:
    payment = buy(event, ada, 2)
    Payment.objects.update(status="disputed")
    left = leave(event, ada)
    assert (left["status"], left["refund"], refunded(payment)) == ("cancelled", None, [])


def test_a_later_start_moves_the_end_along(event: Event, ada: User) -> None:
    payment = buy(event, ada, 1)
    later = event.start_time + timedelta(days=7)
    Api(event.created_by).patch(f"/events/{event.pk}/", {"start_time": later.isoformat()})
    payment.refresh_from_db()
    assert payment.refund_until == later - timedelta(hours=48)
    earlier = event.start_time - timedelta(days=1)
    Api(event.created_by).patch(f"/events/{event.pk}/", {"start_time": earlier.isoformat()})
    payment.refresh_from_db()
    assert payment.refund_until == later - timedelta(hours=48)
    Api(event.created_by).patch(f"/events/{event.pk}/", {"start_time": later.isoformat()})
    payment.refresh_from_db()
    assert payment.refund_until == later - timedelta(hours=48)
    start_in(event, -1)
    assert leave(event, ada)["refund"] is None


def test_a_series_that_moves_or_is_left(ada: User, as_olive: Api) -> None:
    body = {
        "title": "Jazz", "start_time": f"{timezone.now() + timedelta(days=9):%Y-%m-%dT19:00:00Z}",
        "end_time": f"{timezone.now() + timedelta(days=9):%Y-%m-%dT20:00:00Z}",
        "recurrence_pattern": "FREQ=DAILY;COUNT=2", "refund_policy": "full",
        "refund_until_hours": 24,
    }  # fmt: skip
    first = as_olive.post("/events/", body)
    series = as_olive.get(f"/series/{first['series']}/")
    assert (series["refund_policy"], series["refund_until_hours"]) == ("full", 24)
    dates = list(Event.objects.filter(series=first["series"]).order_by("pk"))
    payments = []
    for date in dates:
        offer(date, price=PRICE, currency="EUR")
        payments.append(buy(date, ada, 1))
    as_olive.patch(
        f"/events/{first['id']}/?scope=all",
        {"start_time": (dates[0].start_time + timedelta(hours=1)).isoformat()},
    )
    for date, payment in zip(dates, payments, strict=True):
        payment.refresh_from_db()
        assert payment.refund_until == date.start_time + timedelta(hours=1 - 24)
    Api(ada).client.post(f"/api/series/{first['series']}/cancel/", {})
    assert [refunded(payment) for payment in payments] == [[PRICE], [PRICE]]


def test_a_series_is_refunded_with_as_many_statements_as_one_date(ada: User, as_olive: Api) -> None:
    """There were nine more for each date."""
    day = timezone.now() + timedelta(days=9)
    counts = []
    for number in (1, 4):
        body = {
            "title": "Jazz", "start_time": f"{day:%Y-%m-%dT19:00:00Z}",
            "end_time": f"{day:%Y-%m-%dT20:00:00Z}", "refund_policy": "full",
            "recurrence_pattern": f"FREQ=DAILY;COUNT={number}",
        }  # fmt: skip
        series = as_olive.post("/events/", body)["series"]
        for date in Event.objects.filter(series=series):
            offer(date, price=PRICE, currency="EUR")
            buy(date, ada, 1)
        with CaptureQueriesContext(connection) as queries:
            Api(ada).post(f"/series/{series}/cancel/", expect=200)
        counts.append(sum('"payments_' in query["sql"] for query in queries))
    assert counts[0] == counts[1] == 4
    assert Refund.objects.count() == 5


def test_an_account_that_is_deactivated_leaves(event: Event, ada: User) -> None:
    payment = buy(event, ada, 2)
    deactivate(user=ada)
    assert Rsvp.objects.get(user=ada).status == "cancelled"
    assert refunded(payment) == [2 * PRICE]


def test_late_money_without_a_seat_counts_as_returned(event: Event, ada: User) -> None:
    """The seats of a later payment are not taken for those of a late one that went back."""
    late = rsvp(event, ada, 2)["payment"]["id"]
    cancel_payment(late)
    payment = buy(event, ada, 2)
    before = Payment.objects.get(pk=late)
    record_state(before, CheckoutState(Outcome.PAID, before.amount, "EUR", "late"))
    assert refunded(Payment.objects.get(pk=late)) == [2 * PRICE]
    Refund.objects.filter(payment=late).update(status="failed")
    assert rsvp(event, ada, 1)["refund"]["payment"] == payment.pk
    assert refunded(payment) == [PRICE]


def test_lines_say_what_was_returned(event: Event, ada: User) -> None:
    payment = buy(event, ada, 3)
    rsvp(event, ada, 1)
    line = PaymentLine.objects.get(payment=payment)
    assert (line.returned, line.kept) == (2, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"refund_policy": "half"},
        {"refund_policy": None},
        {"refund_until_hours": -1},
        {"refund_until_hours": 8761},
        {"refund_until_hours": 1.5},
        {"refund_until_hours": None},
    ],
)
def test_bad_policies_change_nothing(event: Event, fields: dict[str, Any]) -> None:
    url = f"/api/events/{event.pk}/"
    response = Api(event.created_by).client.patch(url, fields)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["field"] in fields
    event.refresh_from_db()
    assert (event.refund_policy, event.refund_until_hours) == ("full", 48)
