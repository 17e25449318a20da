"""Buyers pay on the page of the test provider, in a real browser."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from events.models import Event
from tests.browser.pages import Admin, Enter
from tests.client import Api
from tests.factories import EventFactory
from tests.rsvp.ticketed import offer

# One browser.
pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("browser")]


@pytest.fixture(autouse=True)
def on_the_test_provider(live_server: Any, settings: Settings) -> None:
    settings.DEBUG = True
    settings.BASE_URL = live_server.url
    settings.FRONTEND_URL = "https://shop.example"


@pytest.fixture
def event(olive: User) -> Event:
    event = EventFactory.create(created_by=olive, max_attendees=2)
    offer(event, 2, price=1250, currency="EUR")
    return event


@pytest.fixture
def page(enter: Enter, live_server: Any, event: Event, ada: User) -> Admin:
    """Hold two tickets, and open the page that the RSVP names."""
    tickets = {"status": "going", "guests": 1}
    rsvp = Api(ada).post(f"/events/{event.pk}/rsvp/", tickets)
    assert (rsvp["status"], rsvp["payment"]["amount"]) == ("pending_payment", "25.00")
    page = enter(ada)
    page.open_beside(rsvp["checkout_url"].removeprefix(live_server.url))
    assert page.texts("h1") == ["25.00 EUR"]
    return page


def status_of(event: Event, person: User) -> str:
    return str(Api(person).get(f"/events/{event.pk}/rsvp/")["status"])


def press(page: Admin, button: str) -> tuple[list[str], str]:
    """Return what the page says then, and where its link leads."""
    page.click(f"button:text-is('{button}')")
    page.wait_for("[role=status]")
    return page.texts("[role=status]"), page.run("document.querySelector('a').href")


def test_from_the_rsvp_to_the_ticket(page: Admin, event: Event, ada: User) -> None:
    ticket = f"/events/{event.pk}/ticket/"
    assert Api(ada).get(ticket, expect=409)["code"] == "not_going"
    text, link = press(page, "Pay")
    assert text == ["This payment is paid."]
    [payment] = Api(ada).get("/payments/")["results"]
    assert link == f"https://shop.example/payments/{payment['id']}?result=success"
    assert payment["status"] == "paid"
    assert [sold["quantity"] for sold in Api(ada).get(ticket)["tickets"]] == [2]


def test_declined_payment_gives_the_seats_back(page: Admin, event: Event, ada: User) -> None:
    text, link = press(page, "Decline")
    assert text == ["This payment was declined."]
    assert link.endswith("?result=cancel")
    assert status_of(event, ada) == "cancelled"
    assert Api(ada).get(f"/events/{event.pk}/")["spots_left"] == 2


def test_seats_stay_until_the_bank_has_paid(page: Admin, event: Event, ada: User) -> None:
    text, _ = press(page, "Pay later by bank")
    assert text == ["The bank is processing the payment."]
    assert status_of(event, ada) == "pending_payment"
    assert press(page, "The bank has paid")[0] == ["This payment is paid."]
    assert status_of(event, ada) == "going"


def test_page_of_an_ended_hold_has_no_buttons(page: Admin, event: Event, ada: User) -> None:
    Api(ada).post(f"/events/{event.pk}/cancel/", expect=200)
    page.run("location.reload()")
    page.wait_for("[role=status]:text-is('This payment has expired.')")
    assert page.texts("button") == []
