"""Revenue of events: in total, by ticket type and by day, after refunds."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from time_machine import travel

from accounts.models import User
from analytics.periods import Period
from analytics.selectors import events_seen_by, overview
from events.models import Event, TicketType
from payments.gateways import test as provider
from payments.gateways.base import Outcome
from payments.models import Payment, Refund
from payments.services.refunds import request_refund
from payments.services.states import settle
from payments.services.work import work
from tests.analytics.sales import NOW, days_with_money, money, revenue_of, sell
from tests.analytics.test_event_files import lines as file_of
from tests.analytics.world import utc
from tests.client import Api
from tests.factories import EventFactory
from tests.rsvp.ticketed import offer

pytestmark = pytest.mark.both


@pytest.fixture
def event(olive: User) -> Event:
    return EventFactory.create(created_by=olive, start_time=NOW + timedelta(days=7))


@pytest.fixture
def regular(event: Event) -> TicketType:
    return offer(event, name="Regular", price=1250, currency="EUR", position=1)


@pytest.fixture
def vip(event: Event) -> TicketType:
    return offer(event, name="VIP", price=4000, currency="EUR", position=0)


def test_event_without_payments_has_none(event: Event, regular: TicketType) -> None:
    nothing: dict[str, object] = {"totals": {}, "by_ticket_type": [], "per_day": []}
    assert revenue_of(event) == nothing
    assert revenue_of(EventFactory.create()) == nothing


def test_unpaid_payments_do_not_count(event: Event, ada: User, regular: TicketType) -> None:
    sell(event, ada, [(regular, 1)])
    Payment.objects.update(paid_at=None, received_amount=None, received_currency="")
    assert revenue_of(event)["totals"] == {}


def test_types_are_in_their_order(
    event: Event, ada: User, regular: TicketType, vip: TicketType
) -> None:
    sell(event, ada, [(regular, 2), (vip, 1)], fee=130)
    sell(event, ada, [(regular, 1)])
    assert revenue_of(event)["by_ticket_type"] == [
        {"id": vip.pk, "name": "VIP", "currency": "EUR", "tickets": 1}
        | money("40.00", fees="0.80", net="39.20"),
        {"id": regular.pk, "name": "Regular", "currency": "EUR", "tickets": 3}
        | money("37.50", fees="0.50", net="37.00"),
    ]
    assert revenue_of(event)["totals"] == {"EUR": money("77.50", fees="1.30", net="76.20")}


def test_refund_is_shared_out_to_the_cent(
    event: Event, ada: User, regular: TicketType, vip: TicketType
) -> None:
    third = offer(event, name="Third", price=1250, currency="EUR", position=2)
    sell(event, ada, [(regular, 1), (vip, 1), (third, 1)], refunds=[(1000, NOW)])
    rows = revenue_of(event)["by_ticket_type"]
    assert [row["refunded"] for row in rows] == ["6.15", "1.92", "1.93"]


def test_refund_counts_on_its_day(event: Event, ada: User, regular: TicketType) -> None:
    later = NOW - timedelta(days=1)
    sell(event, ada, [(regular, 2)], at=NOW - timedelta(days=3), fee=25, refunds=[(1250, later)])
    assert days_with_money(revenue_of(event)) == {
        "2027-05-17": {"EUR": money("25.00", fees="0.25", net="24.75")},
        "2027-05-19": {"EUR": money("0.00", "12.50", net="-12.50")},
    }


def test_refunds_that_are_not_done_do_not_count(
    event: Event, ada: User, regular: TicketType
) -> None:
    sell(event, ada, [(regular, 2)], refunds=[(1250, None)])
    Refund.objects.create(payment=Payment.objects.get(), amount=100, status="failed")
    assert revenue_of(event)["totals"] == {"EUR": money("25.00")}
    assert days_with_money(revenue_of(event)) == {"2027-05-20": {"EUR": money("25.00")}}


def test_days_are_those_of_the_time_zone(event: Event, ada: User, regular: TicketType) -> None:
    sell(event, ada, [(regular, 1)], at=utc("2027-05-18T22:30:00"))
    berlin = revenue_of(event, Period(ZoneInfo("Europe/Berlin")))
    assert list(days_with_money(revenue_of(event))) == ["2027-05-18"]
    assert list(days_with_money(berlin)) == ["2027-05-19"]


def test_period_chooses_the_days_only(event: Event, ada: User, regular: TicketType) -> None:
    for day in (1, 2, 3):
        sell(event, ada, [(regular, 1)], at=NOW - timedelta(days=day))
    first = NOW.date() - timedelta(days=2)
    revenue = revenue_of(event, Period(ZoneInfo("UTC"), first, first))
    assert revenue["per_day"] == [{"date": first, "totals": {"EUR": money("12.50")}}]
    assert revenue["totals"] == {"EUR": money("37.50")}
    before = NOW.date() - timedelta(days=9)
    assert revenue_of(event, Period(ZoneInfo("UTC"), before, before))["per_day"] == []


def test_currencies_are_apart(event: Event, ada: User, regular: TicketType) -> None:
    sell(event, ada, [(regular, 1)])
    sell(event, ada, [(regular, 1)], currency="JPY")
    revenue = revenue_of(event)
    totals = {"EUR": money("12.50"), "JPY": money("1250", "0", "0")}
    assert revenue["totals"] == days_with_money(revenue)["2027-05-20"] == totals
    assert revenue["per_day"][0]["totals"] == {
        "EUR": money("0.00"),
        "JPY": money("0", "0", "0"),
    }
    assert [(row["currency"], row["tickets"]) for row in revenue["by_ticket_type"]] == [
        ("EUR", 1),
        ("JPY", 1),
    ]


def test_wrong_amount_is_shared_out_too(
    event: Event, ada: User, regular: TicketType, vip: TicketType
) -> None:
    sell(event, ada, [(vip, 1), (regular, 1)], received=1000, refunds=[(1000, NOW)])
    rows = revenue_of(event)["by_ticket_type"]
    assert [(row["paid"], row["refunded"], row["net"]) for row in rows] == [
        ("7.61", "7.61", "0.00"),
        ("2.39", "2.39", "0.00"),
    ]


def test_overview_counts_the_chosen_events(
    event: Event, olive: User, ada: User, regular: TicketType
) -> None:
    sell(event, ada, [(regular, 2)])
    later = EventFactory.create(created_by=olive, start_time=event.start_time + timedelta(days=9))
    sell(later, ada, [(offer(later, price=900, currency="EUR"), 1)])
    foreign = EventFactory.create()
    sell(foreign, ada, [(offer(foreign, price=100, currency="EUR"), 1)])
    EventFactory.create(created_by=olive)
    last = event.start_time.date()
    with travel(NOW, tick=False):
        everything = overview(events_seen_by(olive), Period(ZoneInfo("UTC")))
        chosen = overview(events_seen_by(olive), Period(ZoneInfo("UTC"), None, last))
    assert everything["revenue"]["totals"] == {"EUR": money("34.00")}
    assert chosen["revenue"]["totals"] == {"EUR": money("25.00")}
    # The payments were made in these days, whenever the event is.
    for numbers in (everything, chosen):
        assert days_with_money(numbers["revenue"]) == {"2027-05-20": {"EUR": money("34.00")}}
    assert {
        row["event"]["id"]: row["revenue"] for row in everything["fill_by_event"] if row["revenue"]
    } == {event.pk: {"EUR": money("25.00")}, later.pk: {"EUR": money("9.00")}}


def test_file_has_the_revenue(
    event: Event, olive: User, ada: User, regular: TicketType, as_olive: Api
) -> None:
    sell(event, ada, [(regular, 2)], fee=60, refunds=[(1250, NOW)])
    names = ("currency", "paid", "refunded", "fees", "net")
    [row] = file_of(as_olive)
    assert [row[name] for name in names] == ["EUR", "25.00", "12.50", "0.60", "11.90"]
    sell(event, ada, [(regular, 1)], currency="JPY")
    [row] = file_of(as_olive)
    assert [row[name] for name in names] == [
        "EUR; JPY", "25.00; 1250", "12.50; 0", "0.60; 0", "11.90; 1250",
    ]  # fmt: skip
    Payment.objects.filter(currency="JPY").update(paid_at=None)
    Payment.objects.update(refunded_amount=2500)
    [row] = file_of(as_olive)
    assert row["net"] == "-0.60"  # a number, and no formula that becomes text
    EventFactory.create(created_by=olive)
    assert [file_of(as_olive)[0][name] for name in names] == [""] * 5


@override_settings(DEBUG=True)
@pytest.mark.django_db(transaction=True)
def test_sale_and_refund_are_in_the_numbers(
    event: Event, as_olive: Api, as_ada: Api, regular: TicketType
) -> None:
    """From the RSVP on, with the test provider."""
    tickets = [{"ticket_type": regular.pk, "quantity": 2}]
    body = {"status": "going", "tickets": tickets}
    rsvp = as_ada.post(f"/events/{event.pk}/rsvp/", body, expect=201)
    payment = Payment.objects.get(pk=rsvp["payment"]["id"])
    provider.pay(payment.checkout_id, Outcome.PAID)
    settle(payment.pk)
    request_refund(payment=payment, amount=333)
    work(for_s=5)
    expected = {"EUR": money("25.00", "3.33", net="21.67")}
    numbers = as_olive.get(f"/events/{event.pk}/analytics/")
    assert numbers["revenue"]["totals"] == numbers["revenue"]["per_day"][-1]["totals"] == expected
    assert as_olive.get(f"/events/{event.pk}/payments/")["totals"] == expected
    assert as_olive.get("/analytics/overview/")["revenue"]["totals"] == expected
