"""RSVPs to events with ticket types."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import DiscountCode, Event, Tally, TypeTally
from events.signals import capacity_changed
from rsvp.models import Rsvp, RsvpTicket
from tests.client import Api
from tests.factories import EventFactory, UserFactory, begin, people
from tests.rsvp.ticketed import buy, offer, parties

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def event() -> Event:
    return EventFactory.create(max_attendees=10)


def rsvp_body(*tickets: tuple[Any, Any], **fields: Any) -> dict[str, Any]:
    listed = [{"ticket_type": pk, "quantity": quantity} for pk, quantity in tickets]
    return {"status": "going", "tickets": listed} | fields


def post(event: Event, person: User, **body: Any) -> Any:
    return Api(person).client.post(f"/api/events/{event.pk}/rsvp/", body)


class TestJoining:
    def test_party_has_tickets_of_several_types(self, event: Event) -> None:
        seated, standing = offer(event, 5, name="Seated"), offer(event, name="Standing")
        ada = UserFactory.create()
        response = post(event, ada, **rsvp_body((seated.pk, 2), (standing.pk, 1)))
        assert response.status_code == 201
        assert (response.json()["status"], response.json()["guests"]) == ("going", 2)
        assert response.json()["tickets"] == [
            {"ticket_type": seated.pk, "name": "Seated", "quantity": 2},
            {"ticket_type": standing.pk, "name": "Standing", "quantity": 1},
        ]
        body = response.json()
        assert body.pop("refund") is None
        assert Api(ada).client.get(f"/api/events/{event.pk}/rsvp/").json() == body
        assert Api(ada).client.get("/api/rsvps/").json()["results"] == [body]
        assert TypeTally.objects.get(pk=seated.pk).taken == 2

    def test_guests_are_tickets_of_the_only_type(self, event: Event) -> None:
        standing = offer(event)
        offer(event, is_hidden=True)
        response = post(event, UserFactory.create(), status="going", guests=2)
        assert [(t["ticket_type"], t["quantity"]) for t in response.json()["tickets"]] == [
            (standing.pk, 3)
        ]

    def test_several_types_need_a_choice(self, event: Event) -> None:
        offer(event), offer(event)
        response = post(event, UserFactory.create(), status="going")
        assert response.status_code == 400
        assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [
            ("tickets", "required")
        ]

    def test_party_waits_whole_for_a_sold_out_type(self, event: Event) -> None:
        seated, standing = offer(event, 1), offer(event)
        ada, ben, cleo = people(3)
        buy(event, ada, {seated.pk: 1})
        response = post(event, ben, **rsvp_body((seated.pk, 1), (standing.pk, 1)))
        assert (response.json()["status"], response.json()["waitlist_position"]) == (
            "waitlisted",
            1,
        )
        assert post(event, cleo, **rsvp_body((standing.pk, 1))).json()["status"] == "going"
        Api(ada).client.post(f"/api/events/{event.pk}/cancel/")
        assert parties(event, "going")[ben.pk] == {seated.pk: 1, standing.pk: 1}

    def test_sold_out_type_without_waiting_is_refused(self, event: Event) -> None:
        seated = offer(event, 1)
        buy(event, UserFactory.create(), {seated.pk: 1})
        body = rsvp_body((seated.pk, 1), waitlist=False)
        response = post(event, UserFactory.create(), **body)
        assert (response.status_code, response.json()["code"]) == (409, "ticket_type_sold_out")
        assert Rsvp.objects.filter(event=event).count() == 1

    def test_full_event_without_waiting_is_refused(self) -> None:
        event = EventFactory.create(max_attendees=1)
        standing = offer(event)
        buy(event, UserFactory.create(), {standing.pk: 1})
        body = rsvp_body((standing.pk, 1), waitlist=False)
        response = post(event, UserFactory.create(), **body)
        assert (response.status_code, response.json()["code"]) == (409, "event_full")

    def test_party_larger_than_a_type_is_refused(self, event: Event) -> None:
        response = post(event, UserFactory.create(), **rsvp_body((offer(event, 2).pk, 3)))
        assert (response.status_code, response.json()["code"]) == (409, "party_too_large")

    def test_seats_are_exchanged_for_another_type(self, event: Event) -> None:
        seated, standing = offer(event, 1), offer(event, 1)
        ada, ben = people(2)
        buy(event, ada, {seated.pk: 1})
        buy(event, ben, {seated.pk: 1})
        post(event, ada, **rsvp_body((standing.pk, 1)))
        assert parties(event, "going") == {ada.pk: {standing.pk: 1}, ben.pk: {seated.pk: 1}}

    def test_seats_stay_when_no_more_can_be_added(self, event: Event) -> None:
        seated = offer(event, 1)
        ada = UserFactory.create()
        other = offer(event, 1)
        buy(event, UserFactory.create(), {other.pk: 1})
        buy(event, ada, {seated.pk: 1})
        response = post(event, ada, **rsvp_body((seated.pk, 1), (other.pk, 1)))
        assert (response.status_code, response.json()["code"]) == (409, "ticket_type_sold_out")
        assert parties(event, "going")[ada.pk] == {seated.pk: 1}

    def test_leaving_gives_tickets_back(self, event: Event) -> None:
        seated = offer(event, 2)
        ada = UserFactory.create()
        buy(event, ada, {seated.pk: 2})
        body = Api(ada).client.post(f"/api/events/{event.pk}/cancel/").json()
        assert (body["status"], body["tickets"]) == ("cancelled", [])
        assert RsvpTicket.objects.count() == 0
        assert TypeTally.objects.get(pk=seated.pk).taken == 0
        assert Tally.objects.get(pk=event.pk).tickets_left == 2

    def test_event_is_full_when_all_types_are_sold_out(self, event: Event) -> None:
        seated = offer(event, 1)
        body = Api(UserFactory.create()).client.get(f"/api/events/{event.pk}/").json()
        assert (body["spots_left"], body["is_full"]) == (1, False)
        buy(event, UserFactory.create(), {seated.pk: 1})
        body = Api(UserFactory.create()).client.get(f"/api/events/{event.pk}/").json()
        assert (body["spots_left"], body["is_full"]) == (0, True)

    def test_more_tickets_promote_waiting_parties(self, event: Event) -> None:
        seated = offer(event, 1)
        ada, ben = people(2)
        buy(event, ada, {seated.pk: 1})
        buy(event, ben, {seated.pk: 1})
        TypeTally.objects.filter(pk=seated.pk).update(quantity=2)
        tally = Tally.objects.get(pk=event.pk)
        capacity_changed.send(sender=Event, resized=[(event, tally, tally.max_attendees)])
        assert set(parties(event, "going")) == {ada.pk, ben.pk}


class TestBadInput:
    @pytest.mark.parametrize(
        ("quantity", "code"),
        [(0, "min_value"), (-1, "min_value"), (1.5, "invalid"), (11, "max_value"), (10**30, None)],
        ids=["none", "negative", "fraction", "eleven", "giant"],
    )
    def test_quantities_are_refused(self, event: Event, quantity: Any, code: str | None) -> None:
        response = post(event, UserFactory.create(), **rsvp_body((offer(event).pk, quantity)))
        assert response.status_code == 400
        assert code is None or response.json()["errors"][0]["code"] == code
        assert Rsvp.objects.count() == 0

    def test_types_of_another_event_are_refused(self, event: Event) -> None:
        offer(event)
        other = offer(EventFactory.create())
        response = post(event, UserFactory.create(), **rsvp_body((other.pk, 1)))
        assert response.json()["errors"][0]["code"] == "does_not_exist"

    def test_more_than_ten_tickets_are_refused(self, event: Event) -> None:
        first, second = offer(event), offer(event)
        body = rsvp_body((first.pk, 6), (second.pk, 5))
        response = post(event, UserFactory.create(), **body)
        assert response.json()["errors"][0]["code"] == "too_many_tickets"

    def test_more_than_one_person_may_have_are_refused(self, event: Event) -> None:
        first = offer(event, max_per_person=1)
        body = rsvp_body((first.pk, 1), (first.pk, 1))
        response = post(event, UserFactory.create(), **body)
        assert response.json()["errors"][0]["code"] == "too_many_per_person"

    def test_guests_beside_tickets_are_refused(self, event: Event) -> None:
        response = post(event, UserFactory.create(), **rsvp_body((offer(event).pk, 1), guests=1))
        assert response.json()["errors"][0]["code"] == "not_with_tickets"

    def test_event_without_types_takes_no_tickets(self, event: Event) -> None:
        response = post(event, UserFactory.create(), **rsvp_body((1, 1)))
        assert response.json()["errors"][0]["code"] == "no_ticket_types"

    def test_sales_window_is_kept(self, event: Event) -> None:
        now = timezone.now()
        early = offer(event, sales_open_at=now + timedelta(hours=1))
        late = offer(event, sales_close_at=now - timedelta(hours=1))
        for ticket_type, code in ((early, "sales_not_open"), (late, "sales_closed")):
            response = post(event, UserFactory.create(), **rsvp_body((ticket_type.pk, 1)))
            assert (response.status_code, response.json()["code"]) == (409, code)

    def test_tickets_are_kept_after_the_sale(self, event: Event) -> None:
        ticket_type = offer(event)
        ada = UserFactory.create()
        buy(event, ada, {ticket_type.pk: 2})
        ticket_type.sales_close_at = timezone.now()
        ticket_type.save()
        assert post(event, ada, **rsvp_body((ticket_type.pk, 1))).json()["guests"] == 0


class TestCodes:
    def test_code_unlocks_a_hidden_type(self, event: Event) -> None:
        offer(event)
        hidden = offer(event, is_hidden=True)
        code = DiscountCode.objects.create(event=event, code="FRIENDS")
        code.unlocks.add(hidden)
        ada = UserFactory.create()
        response = post(event, ada, **rsvp_body((hidden.pk, 1)))
        assert response.json()["errors"][0]["code"] == "does_not_exist"
        response = post(event, ada, **rsvp_body((hidden.pk, 1), code=" friends "))
        assert response.json()["status"] == "going"
        code.refresh_from_db()
        assert code.used == 1

    def test_use_is_given_back(self, event: Event) -> None:
        ticket_type = offer(event)
        code = DiscountCode.objects.create(event=event, code="ONCE", max_uses=1)
        ada, ben = people(2)
        buy(event, ada, {ticket_type.pk: 1}, code="once")
        body = rsvp_body((ticket_type.pk, 1), code="ONCE")
        assert post(event, ben, **body).json()["errors"][0]["code"] == "code_used_up"
        Api(ada).client.post(f"/api/events/{event.pk}/cancel/")
        assert post(event, ben, **body).status_code == 201
        code.refresh_from_db()
        assert code.used == 1

    def test_code_of_another_event_is_unknown(self, event: Event) -> None:
        DiscountCode.objects.create(event=EventFactory.create(), code="OTHER")
        body = rsvp_body((offer(event).pk, 1), code="OTHER")
        response = post(event, UserFactory.create(), **body)
        assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [
            ("code", "does_not_exist")
        ]

    def test_dates_of_a_code_are_kept(self, event: Event) -> None:
        ticket_type, now = offer(event), timezone.now()
        hour = timedelta(hours=1)
        DiscountCode.objects.create(event=event, code="EARLY", valid_from=now + hour)
        DiscountCode.objects.create(event=event, code="LATE", valid_until=now - hour)
        for text, code in (("EARLY", "code_not_valid_yet"), ("LATE", "code_expired")):
            body = rsvp_body((ticket_type.pk, 1), code=text)
            assert post(event, UserFactory.create(), **body).json()["errors"][0]["code"] == code


class TestWalkIns:
    def admit(self, event: Event, person: User, **fields: Any) -> Any:
        assert event.created_by
        begin(event)
        body = {"user_id": person.pk, "walk_in": True} | fields
        return Api(event.created_by).client.post(f"/api/events/{event.pk}/check-in/", body)

    def test_walk_in_takes_a_free_type(self, event: Event) -> None:
        offer(event, price=500, currency="EUR")
        free = offer(event, 1, name="Free")
        response = self.admit(event, UserFactory.create())
        assert response.json()["tickets"] == [
            {"ticket_type": free.pk, "name": "Free", "quantity": 1}
        ]

    def test_type_with_a_price_is_paid_at_the_door(self, event: Event) -> None:
        paid = offer(event, price=500, currency="EUR")
        ada = UserFactory.create()
        response = self.admit(event, ada)
        assert (response.status_code, response.json()["code"]) == (409, "payment_needed")
        assert self.admit(event, ada, paid_at_the_door=True).status_code == 200
        rsvp = Rsvp.objects.get(user=ada)
        assert [check_in.paid_at_the_door for check_in in rsvp.check_ins.all()] == [True]
        assert parties(event, "going") == {ada.pk: {paid.pk: 1}}

    def test_undo_takes_the_tickets_of_the_walk_in(self, event: Event) -> None:
        """It took those of the last type, which can be those that were paid."""
        standing, seated, box = offer(event), offer(event), offer(event)
        ada = UserFactory.create()
        buy(event, ada, {seated.pk: 1, box.pk: 1})
        self.admit(event, ada, ticket_type=standing.pk, people=4)
        assert event.created_by
        undo = partial(Api(event.created_by).client.delete, f"/api/events/{event.pk}/check-in/")
        undo({"user_id": ada.pk, "people": 1})
        assert parties(event, "going") == {ada.pk: {standing.pk: 1, seated.pk: 1, box.pk: 1}}
        undo({"user_id": ada.pk})
        assert parties(event, "going") == {ada.pk: {seated.pk: 1, box.pk: 1}}

    def test_undo_restores_the_place_and_its_tickets(self, event: Event) -> None:
        seated, standing = offer(event, 1), offer(event)
        ada, ben = people(2)
        buy(event, ada, {seated.pk: 1})
        buy(event, ben, {seated.pk: 1, standing.pk: 1})
        self.admit(event, ben, people=1)
        assert parties(event, "going")[ben.pk] == {standing.pk: 1}
        assert event.created_by
        Api(event.created_by).client.delete(
            f"/api/events/{event.pk}/check-in/", {"user_id": ben.pk}
        )
        assert parties(event, "waitlisted") == {ben.pk: {seated.pk: 1, standing.pk: 1}}
        assert TypeTally.objects.get(pk=standing.pk).taken == 0
