"""Undoing a walk-in restores the RSVP before it: none, an earlier one, or a waitlist place."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from analytics.selectors import of_event
from events.models import Event
from events.services.events import update_event
from rsvp.check_in import Scan, admit_walk_in, confirm_walk_in, undo_check_in
from rsvp.models import Rsvp
from rsvp.selectors import export_of
from rsvp.services import leave_event, mark_interested
from tests.analytics.world import ALWAYS
from tests.client import Api
from tests.factories import begin, fill, people
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import going, kinds_sent, let_out, open_event, row

Status = Rsvp.Status


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


def place(api: Api, event: Event) -> tuple[str, int | None]:
    shown = api.get(f"/events/{event.pk}/rsvp/")
    return shown["status"], shown["waitlist_position"]


class TestNoEarlierRsvp:
    def test_undone_walk_in_leaves_no_rsvp(
        self, as_olive: Api, as_sam: Api, event: Event, sam: User
    ) -> None:
        body = {"user_id": sam.pk}
        path = f"/events/{event.pk}/check-in/"
        as_olive.post(path, body | {"walk_in": True, "people": 2}, expect=200)
        as_olive.delete(path, expect=200, body=body)
        as_sam.get(f"/events/{event.pk}/rsvp/", expect=404)
        for status in ("all", "cancelled"):
            assert as_olive.get(f"/events/{event.pk}/attendees/", status=status)["results"] == []
        assert as_olive.get(f"/events/{event.pk}/attendance/")["answered"] == 0
        check_invariants()

    def test_undone_walk_in_is_no_cancellation(
        self, event: Event, olive: User, sam: User, ada: User
    ) -> None:
        """An undone walk-in counted as a person who had cancelled."""
        going(event, ada)
        admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)
        let_out(event, sam, olive)
        numbers = of_event(event, ALWAYS)
        assert (numbers["totals"]["cancelled"], numbers["cancellation_rate"]) == (0, 0.0)

    def test_owner_who_admitted_themselves_has_none(self, as_olive: Api, event: Event) -> None:
        path = f"/events/{event.pk}/check-in/"
        as_olive.post(path, {"username": "olive", "walk_in": True}, expect=200)
        as_olive.delete(path, expect=200, body={"username": "olive"})
        as_olive.get(f"/events/{event.pk}/rsvp/", expect=404)

    def test_owner_who_admitted_themselves_is_not_notified(self, event: Event, olive: User) -> None:
        admit_walk_in(event_id=event.pk, attendee=olive, by=olive)
        let_out(event, olive, olive)
        assert (row(olive), kinds_sent(olive)) == (("cancelled", 0, 0, False), [])


class TestPlaceInLine:
    """Ada and two others wait; a seat is free after the start, and Ada walks in on it."""

    @pytest.fixture
    def crowd(self, event: Event, ada: User) -> list[User]:
        """Return the people who wait with Ada."""
        seated = fill(event, 10)
        behind = people(2)
        for person in (ada, *behind):
            going(event, person)
        begin(event)
        leave_event(event_id=event.pk, attendee=seated[0])
        return behind

    @pytest.fixture
    def walk_in(self, event: Event, olive: User, ada: User, crowd: list[User]) -> Rsvp:
        return admit_walk_in(event_id=event.pk, attendee=ada, by=olive)

    def test_is_the_same_as_before(
        self, as_ada: Api, event: Event, olive: User, ada: User, crowd: list[User]
    ) -> None:
        """Formerly the person got the last place."""
        before = place(as_ada, event)
        admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
        let_out(event, ada, olive)
        assert (before, place(as_ada, event)) == (("waitlisted", 1), ("waitlisted", 1))
        assert place(Api(crowd[0]), event) == ("waitlisted", 2)
        check_invariants()

    def test_of_a_confirmed_walk_in_is_back_too(
        self, as_ada: Api, event: Event, walk_in: Rsvp, ada: User, olive: User
    ) -> None:
        confirm_walk_in(event_id=event.pk, attendee=ada)
        let_out(event, ada, olive)
        assert place(as_ada, event) == ("waitlisted", 1)
        assert kinds_sent(ada) == ["waitlisted", "waitlisted"]
        check_invariants()

    def test_rsvp_of_somebody_who_checked_themselves_in_is_back(self, olive: User) -> None:
        event = open_event(created_by=olive, max_attendees=1)
        [seated] = fill(event, 1)
        going(event, olive)
        begin(event)
        leave_event(event_id=event.pk, attendee=seated)
        admit_walk_in(event_id=event.pk, attendee=olive, by=olive)
        let_out(event, olive, olive)
        assert row(olive) == ("waitlisted", 0, 0, True)
        check_invariants()

    def test_of_an_ended_account_is_given_up(
        self, event: Event, walk_in: Rsvp, ada: User, olive: User
    ) -> None:
        confirm_walk_in(event_id=event.pk, attendee=ada)
        deactivate(user=ada)
        let_out(event, ada, olive)
        assert row(ada)[0] == Status.CANCELLED

    def test_is_promoted_while_the_waitlist_is_open(
        self, olive: User, ada: User, sam: User
    ) -> None:
        """A party larger than the limit came with fewer people; the limit has risen since."""
        event = open_event(created_by=olive, max_attendees=4)
        going(event, sam)
        going(event, ada, guests=3)
        update_event(event_id=event.pk, changes={"max_attendees": 3})
        admit_walk_in(event_id=event.pk, attendee=ada, people=1, by=olive)
        update_event(event_id=event.pk, changes={"max_attendees": 5})
        shown = undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=olive)
        assert (shown.status, shown.guests, row(ada)[:2]) == ("going", 3, ("going", 3))
        check_invariants()


class TestEarlierRsvp:
    def test_interest_is_back_after_a_confirmed_walk_in(
        self, event: Event, olive: User, sam: User
    ) -> None:
        mark_interested(event_id=event.pk, attendee=sam, guests=1)
        admit_walk_in(event_id=event.pk, attendee=sam, people=3, by=olive)
        confirm_walk_in(event_id=event.pk, attendee=sam)
        let_out(event, sam, olive)
        assert row(sam) == ("interested", 1, 0, True)
        assert kinds_sent(sam) == ["rsvp_cancelled"]
        check_invariants()

    def test_second_walk_in_restores_what_was_before_it(
        self, event: Event, olive: User, sam: User
    ) -> None:
        """The undo does not restore the state before the first walk-in."""
        admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        let_out(event, sam, olive)
        mark_interested(event_id=event.pk, attendee=sam)
        admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        let_out(event, sam, olive)
        assert row(sam) == ("interested", 0, 0, True)

    def test_seats_of_ones_own_stay(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada, guests=1)
        admit_walk_in(event_id=event.pk, attendee=ada, people=4, by=olive)
        let_out(event, ada, olive)
        assert row(ada) == ("going", 1, 0, True)


def test_undone_walk_in_sent_again_stays_undone(event: Event, olive: User, sam: User) -> None:
    """The request was repeated late: it is the same walk-in."""
    at = timezone.now() - timedelta(seconds=1)
    admit_walk_in(event_id=event.pk, attendee=sam, at=at, by=olive)
    let_out(event, sam, olive)
    admit_walk_in(event_id=event.pk, attendee=sam, at=at, by=olive)
    assert row(sam) == ("cancelled", 0, 0, False)


def test_export_of_helpers_leaves_out_the_rsvp_before_a_walk_in(
    event: Event, olive: User, sam: User
) -> None:
    mark_interested(event_id=event.pk, attendee=sam)
    admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
    [of_sam], [of_olive] = (export_of(user)["rsvp.checkin"] for user in (sam, olive))
    assert of_sam["status_before"] == Status.INTERESTED
    assert "status_before" not in of_olive and of_olive["people"] == 1
