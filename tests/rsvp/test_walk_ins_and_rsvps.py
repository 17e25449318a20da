"""Unconfirmed walk-ins together with the person's own RSVP, before and afterwards."""

from typing import Any

import pytest

from accounts.models import User
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate
from events.exceptions import EventStarted
from events.models import Event, Tally
from notifications.models import Notification
from rsvp.check_in import admit_walk_in, confirm_walk_in
from rsvp.exceptions import HasArrived, RsvpNotFound
from rsvp.models import CheckIn, Rsvp
from rsvp.services import (
    join_event,
    join_series,
    leave_event,
    leave_series,
    mark_interested,
    mark_interested_in_series,
)
from tests.client import Api
from tests.factories import EventFactory, begin, fill
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import going, kinds_sent, let_out, move_start, open_event, row

Status = Rsvp.Status


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


@pytest.fixture
def walk_in(event: Event, olive: User, sam: User) -> Rsvp:
    return admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)


def series_of(event: Event) -> int:
    assert event.series_id
    return event.series_id


class TestOwnRsvpAfterwards:
    def test_going_confirms_the_walk_in(
        self, as_sam: Api, event: Event, walk_in: Rsvp, sam: User
    ) -> None:
        shown = as_sam.post(f"/events/{event.pk}/rsvp/", {"status": "going"}, expect=201)
        assert (shown["status"], shown["guests"]) == ("going", 1)
        assert row(sam) == ("going", 1, 2, True)
        assert kinds_sent(sam) == ["rsvp_confirmed"]
        check_invariants()

    def test_going_with_more_guests_takes_more_seats(
        self, event: Event, walk_in: Rsvp, sam: User
    ) -> None:
        join_event(event_id=event.pk, attendee=sam, guests=3)
        assert row(sam) == ("going", 3, 2, True)
        assert Tally.objects.get(pk=event.pk).going == 4

    def test_going_with_fewer_than_are_inside_is_refused(
        self, event: Event, walk_in: Rsvp, sam: User
    ) -> None:
        with pytest.raises(HasArrived):
            join_event(event_id=event.pk, attendee=sam, guests=0)
        assert row(sam) == ("going", 1, 2, False)

    def test_interested_denies_it(
        self, as_sam: Api, event: Event, walk_in: Rsvp, sam: User
    ) -> None:
        shown = as_sam.post(f"/events/{event.pk}/rsvp/", {"status": "interested"}, expect=201)
        assert (shown["status"], shown["guests"]) == ("interested", 0)
        assert row(sam) == ("interested", 0, 0, True)
        assert kinds_sent(sam) == []
        check_invariants()

    def test_after_the_start_only_confirming_is_possible(
        self, event: Event, walk_in: Rsvp, sam: User
    ) -> None:
        begin(event)
        with pytest.raises(EventStarted):
            join_event(event_id=event.pk, attendee=sam)
        assert confirm_walk_in(event_id=event.pk, attendee=sam).is_confirmed

    def test_after_an_undo_the_party_is_the_persons(
        self, event: Event, walk_in: Rsvp, sam: User, olive: User
    ) -> None:
        """The RSVP formerly got the organizer's number of guests."""
        let_out(event, sam, olive)
        rsvp, is_new = join_event(event_id=event.pk, attendee=sam)
        assert (rsvp.guests, is_new) == (0, True)


class TestEarlierRsvp:
    """The person still sees their earlier RSVP, and an undo restores it."""

    @pytest.fixture(params=["interested", "cancelled", "waitlisted"])
    def status(self, request: Any, event: Event, ada: User) -> str:
        if request.param == "waitlisted":
            crowd = fill(event, 9)
            going(event, ada, guests=1)
            begin(event)
            for person in crowd[:2]:
                leave_event(event_id=event.pk, attendee=person)
        else:
            mark_interested(event_id=event.pk, attendee=ada, guests=1)
            if request.param == "cancelled":
                leave_event(event_id=event.pk, attendee=ada)
        return str(request.param)

    @pytest.fixture
    def before(self, status: str) -> list[str]:
        return list(Notification.objects.order_by("id").values_list("kind", flat=True))

    def test_earlier_rsvp_is_shown_to_the_person(
        self, as_ada: Api, event: Event, olive: User, ada: User, status: str
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=ada, people=3, by=olive)
        shown = as_ada.get(f"/events/{event.pk}/rsvp/")
        assert (shown["status"], shown["guests"], shown["checked_in_at"]) == (status, 1, None)
        assert as_ada.get("/rsvps/", status=status)["results"] == [shown]
        assert as_ada.get("/rsvps/", status="going")["results"] == []
        mine = as_ada.get(f"/events/{event.pk}/")["my_rsvp"]
        assert mine == {"status": status, "guests": 1, "waitlist_position": None}
        as_ada.get(f"/events/{event.pk}/ticket/", expect=409)

    def test_earlier_rsvp_is_in_the_public_list(
        self, as_sam: Api, event: Event, olive: User, ada: User, status: str
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=ada, people=3, by=olive)
        names = {
            listed: {
                row["user"]["username"]: row["guests"]
                for row in as_sam.get(f"/events/{event.pk}/attendees/", status=listed)["results"]
            }
            for listed in ("going", "interested")
        }
        assert "ada" not in names["going"]
        assert names["interested"] == ({"ada": 1} if status == "interested" else {})

    def test_earlier_rsvp_is_restored_by_an_undo(
        self, event: Event, olive: User, ada: User, status: str, before: list[str]
    ) -> None:
        """An organizer could cancel a person's interest or waitlist place by a check-in."""
        admit_walk_in(event_id=event.pk, attendee=ada, people=3, by=olive)
        assert let_out(event, ada, olive).is_confirmed
        assert row(ada) == (status, 1, 0, True)
        assert list(Notification.objects.order_by("id").values_list("kind", flat=True)) == before
        check_invariants()

    def test_earlier_rsvp_is_replaced_by_a_confirmation(
        self, as_ada: Api, event: Event, olive: User, ada: User, status: str
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=ada, people=3, by=olive)
        shown = as_ada.post(f"/events/{event.pk}/walk-in/confirm/", expect=200)
        assert (shown["status"], shown["guests"]) == ("going", 2)
        check_invariants()

    def test_address_stays_with_the_organizer(
        self, as_olive: Api, event: Event, olive: User, ada: User, status: str
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
        found = as_olive.get(f"/events/{event.pk}/attendees/", search="ada@exa")["results"]
        assert [attendee["email"] for attendee in found] == ["ada@example.com"]


class TestEndOfTheAccount:
    def test_record_stays_with_the_organizer(
        self, as_olive: Api, event: Event, walk_in: Rsvp, sam: User
    ) -> None:
        """A person did come in; their identity is erased with the account."""
        erase(user_id=sam.pk)
        [attendee] = as_olive.get(f"/events/{event.pk}/attendees/")["results"]
        assert attendee["user"]["username"].startswith("deleted-")
        assert (attendee["arrived"], attendee["is_confirmed"]) == (2, False)
        check_invariants()

    def test_earlier_interest_ends_with_it(self, event: Event, olive: User, sam: User) -> None:
        mark_interested(event_id=event.pk, attendee=sam)
        admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        deactivate(user=sam)
        assert not Rsvp.objects.with_personal_status(Status.INTERESTED).exists()
        let_out(event, sam, olive)
        assert row(sam)[0] == Status.CANCELLED
        check_invariants()


class TestSeries:
    @pytest.fixture
    def first(self, olive: User, sam: User) -> Event:
        first = EventFactory.create(created_by=olive, recurrence_pattern="FREQ=DAILY;COUNT=3")
        move_start(first, hours=1)
        admit_walk_in(event_id=first.pk, attendee=sam, people=2, by=olive)
        return first

    def test_rsvp_confirms_it(self, first: Event, sam: User) -> None:
        results = join_series(series_id=series_of(first), attendee=sam)
        assert [outcome.rsvp.guests for outcome in results] == [1, 0, 0]
        rsvp = Rsvp.objects.get(event=first)
        assert (rsvp.is_confirmed, rsvp.arrived) == (True, 2)
        check_invariants()

    def test_interest_denies_it(self, first: Event, sam: User) -> None:
        mark_interested_in_series(series_id=series_of(first), attendee=sam)
        rsvp = Rsvp.objects.get(event=first)
        assert (rsvp.status, rsvp.guests, rsvp.arrived) == (Status.INTERESTED, 0, 0)
        assert CheckIn.objects.latest("id").people == -2
        assert kinds_sent(sam) == []
        check_invariants()

    def test_leaving_denies_it(self, as_sam: Api, first: Event, sam: User) -> None:
        as_sam.post(f"/series/{first.series_id}/cancel/", expect=200)
        assert row(sam) == ("cancelled", 0, 0, False)
        assert kinds_sent(sam) == []
        check_invariants()
        with pytest.raises(RsvpNotFound):
            leave_series(series_id=series_of(first), attendee=sam)

    def test_first_rsvp_is_new(self, as_sam: Api, first: Event) -> None:
        as_sam.post(f"/series/{first.series_id}/rsvp/", {"status": "going"}, expect=201)
        as_sam.post(f"/series/{first.series_id}/rsvp/", {"status": "going"}, expect=200)
