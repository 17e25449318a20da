"""Holds meet RSVPs to whole series, and walk-ins: nobody gets a paid seat without paying."""

from typing import Any

import pytest
from django.test import override_settings

from accounts.models import User
from events.models import Event, Tally
from payments.gateways.base import Outcome
from payments.gateways.test import pay
from payments.models import Payment
from payments.services.work import work
from rsvp.check_in import Scan, admit_walk_in, undo_check_in
from rsvp.models import Rsvp
from tests.client import Api
from tests.factories import EventFactory, begin
from tests.invariants import check_invariants
from tests.rsvp.dates import series_with
from tests.rsvp.ticketed import offer, parties

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def in_debug() -> Any:
    with override_settings(DEBUG=True):
        yield


@pytest.fixture
def dates(olive: User) -> list[Event]:
    """Return a date with a price, and a free one."""
    _, dates = series_with(olive, 5, 5)
    offer(dates[0], 2, price=800, currency="EUR")
    return dates


def rsvp_to_series(dates: list[Event], person: User, **body: Any) -> list[tuple[str, Any]]:
    """Return the status of each date, with the code of a refusal."""
    path = f"/api/series/{dates[0].series_id}/rsvp/"
    results = Api(person).client.post(path, {"status": "going"} | body).json()["results"]
    return [(date["status"], date.get("code")) for date in results]


def hold(event: Event, person: User, guests: int = 0) -> Payment:
    body = {"status": "going", "guests": guests}
    payment_id = Api(person).post(f"/events/{event.pk}/rsvp/", body)["payment"]["id"]
    return Payment.objects.get(pk=payment_id)


class TestSeries:
    def test_date_with_a_price_is_refused(self, dates: list[Event], ada: User) -> None:
        assert rsvp_to_series(dates, ada) == [("refused", "payment_needed"), ("going", None)]
        assert not Rsvp.objects.filter(event=dates[0]).exists()
        check_invariants()

    def test_hold_is_not_given_for_free(self, dates: list[Event], ada: User) -> None:
        payment = hold(dates[0], ada)
        assert rsvp_to_series(dates, ada)[0] == ("refused", "payment_needed")
        assert Rsvp.objects.get(event=dates[0]).status == "pending_payment"
        payment.refresh_from_db()
        assert payment.status == "open"

    def test_full_date_has_its_waitlist(self, dates: list[Event], ada: User, sam: User) -> None:
        hold(dates[0], sam, guests=1)
        assert rsvp_to_series(dates, ada)[0] == ("waitlisted", None)

    def test_paid_tickets_are_not_added(self, dates: list[Event], ada: User) -> None:
        hold(dates[0], ada)
        Payment.objects.update(status="paid")
        Rsvp.objects.filter(event=dates[0]).update(status="going")
        assert rsvp_to_series(dates, ada, guests=1)[0] == ("refused", "tickets_bought")
        assert rsvp_to_series(dates, ada)[0] == ("going", None)

    @pytest.mark.parametrize("status", ["cancelled", "interested"])
    def test_hold_ends_after_its_page(self, dates: list[Event], ada: User, status: str) -> None:
        payment = hold(dates[0], ada)
        assert rsvp_to_series(dates, ada, status=status)[0] == ("refused", "provider_unavailable")
        assert Rsvp.objects.get(event=dates[0]).status == "pending_payment"
        work(for_s=5)
        payment.refresh_from_db()
        assert (payment.status, Rsvp.objects.get(event=dates[0]).status) == (
            "cancelled",
            "cancelled",
        )
        check_invariants()


class TestWalkIns:
    @pytest.fixture
    def event(self, olive: User) -> Event:
        event = EventFactory.create(created_by=olive, max_attendees=5)
        offer(event, 2, price=800, currency="EUR")
        offer(event, 1)
        return event

    @pytest.fixture
    def payment(self, event: Event, ada: User) -> Payment:
        """Hold both seats with a price, and let the event begin."""
        tickets = [{"ticket_type": event.ticket_types.earliest("pk").pk, "quantity": 2}]
        Api(ada).post(f"/events/{event.pk}/rsvp/", {"status": "going", "tickets": tickets})
        begin(event)
        return Payment.objects.get()

    def test_walk_in_ends_the_hold(
        self, event: Event, payment: Payment, olive: User, ada: User
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
        mine = Api(ada).get(f"/events/{event.pk}/rsvp/")
        assert (mine["status"], mine["tickets"]) == ("cancelled", [])
        work(for_s=5)
        payment.refresh_from_db()
        assert (payment.status, Tally.objects.get(pk=event.pk).held) == ("cancelled", 0)
        undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=olive)
        assert parties(event, "going") == parties(event, "pending_payment") == {}
        check_invariants()

    def test_money_that_comes_during_a_walk_in_goes_back(
        self, event: Event, payment: Payment, olive: User, ada: User
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
        pay(payment.checkout_id, Outcome.PAID)
        for _ in range(2):  # it is settled, and then refunded
            work(for_s=5)
        payment.refresh_from_db()
        assert payment.status == "refunded"
        check_invariants()
