"""A walk-in by ID or name is a record for the organizer only, until the person confirms it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from events.models import Event, Tally
from events.services.events import cancel_event, delete_event
from rsvp.check_in import admit_walk_in, confirm_walk_in
from rsvp.exceptions import WalkInNotFound
from rsvp.models import CheckIn, Rsvp
from rsvp.services import leave_event, mark_interested
from tests.client import Api
from tests.factories import begin, end, fill
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import arrived, going, kinds_sent, let_in, let_out, open_event, row

Status = Rsvp.Status


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


@pytest.fixture
def walk_in(event: Event, olive: User, sam: User) -> Rsvp:
    return admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)


class TestRecord:
    def test_takes_seats_and_is_in_the_lists_of_the_organizer(
        self, as_olive: Api, event: Event, walk_in: Rsvp
    ) -> None:
        [attendee] = as_olive.get(f"/events/{event.pk}/attendees/")["results"]
        names = ("status", "guests", "arrived", "email", "is_confirmed")
        assert [attendee[name] for name in names] == ["going", 1, 2, None, False]
        assert as_olive.get(f"/events/{event.pk}/")["going_count"] == 2
        counts = as_olive.get(f"/events/{event.pk}/attendance/")
        assert (counts["going"], counts["arrived"], counts["spots_left"]) == (2, 2, 8)
        check_invariants()

    def test_is_in_the_file_of_the_organizer(
        self, as_olive: Api, event: Event, walk_in: Rsvp
    ) -> None:
        response: Any = as_olive.client.get(f"/api/events/{event.pk}/attendees/?format=csv")
        [_, line] = b"".join(response.streaming_content).decode().splitlines()
        assert (line[:18], line[-4:]) == ("sam,sam,,going,2,2", ",no,")

    def test_public_list_excludes_unconfirmed_walk_ins(
        self, as_ada: Api, event: Event, walk_in: Rsvp
    ) -> None:
        """Otherwise organizers could present anybody as their guest."""
        assert as_ada.get(f"/events/{event.pk}/attendees/")["results"] == []

    def test_owner_who_admits_themselves_has_confirmed_it(self, event: Event, olive: User) -> None:
        assert admit_walk_in(event_id=event.pk, attendee=olive, by=olive).is_confirmed

    def test_seats_added_to_a_persons_own_need_no_confirmation(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada)
        rsvp = admit_walk_in(event_id=event.pk, attendee=ada, people=2, by=olive)
        assert (rsvp.is_confirmed, rsvp.guests) == (True, 1)
        assert kinds_sent(ada) == ["rsvp_confirmed"]

    def test_database_refuses_an_earlier_rsvp_behind_a_confirmed_one(self, walk_in: Rsvp) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Rsvp.objects.update(is_confirmed=True, own_status=Status.INTERESTED)


class TestConfirm:
    def path(self, event: Event) -> str:
        return f"/events/{event.pk}/walk-in/confirm/"

    def test_makes_it_the_persons_own(
        self, as_sam: Api, as_olive: Api, as_ada: Api, event: Event, walk_in: Rsvp
    ) -> None:
        shown = as_sam.post(self.path(event), expect=200)
        assert (shown["status"], shown["guests"]) == ("going", 1)
        assert shown["checked_in_at"] is not None
        assert as_sam.get(f"/events/{event.pk}/rsvp/") == shown
        assert as_sam.get("/rsvps/")["results"] == [shown]
        assert as_sam.get(f"/events/{event.pk}/ticket/")["arrived"] == 2
        assert as_sam.get(f"/events/{event.pk}/")["my_rsvp"]["status"] == "going"
        assert len(as_ada.get(f"/events/{event.pk}/attendees/")["results"]) == 1
        [attendee] = as_olive.get(f"/events/{event.pk}/attendees/")["results"]
        assert (attendee["is_confirmed"], attendee["email"]) == (True, "sam@example.com")

    def test_changes_no_count(self, event: Event, walk_in: Rsvp, sam: User) -> None:
        confirm_walk_in(event_id=event.pk, attendee=sam)
        assert (Tally.objects.get(pk=event.pk).going, arrived(event)) == (2, 2)
        assert kinds_sent(sam) == []
        check_invariants()

    def test_twice_is_no_error(self, as_sam: Api, event: Event, walk_in: Rsvp) -> None:
        first = as_sam.post(self.path(event), expect=200)
        assert as_sam.post(self.path(event), expect=200) == first

    @pytest.mark.parametrize("when", [begin, end])
    def test_works_while_it_runs_and_after_it(
        self, event: Event, walk_in: Rsvp, sam: User, when: Any
    ) -> None:
        when(event)
        assert confirm_walk_in(event_id=event.pk, attendee=sam).is_confirmed

    def test_without_a_walk_in_is_not_found(
        self, as_sam: Api, as_ada: Api, ada: User, olive: User, event: Event
    ) -> None:
        as_sam.post(self.path(event), expect=404)
        going(event, ada)
        let_in(event, ada, olive)
        as_ada.post(self.path(event), expect=404)

    def test_of_somebody_else_is_not_found(self, as_ada: Api, event: Event, walk_in: Rsvp) -> None:
        as_ada.post(self.path(event), expect=404)

    def test_after_an_undo_is_not_found(
        self, event: Event, walk_in: Rsvp, sam: User, olive: User
    ) -> None:
        let_out(event, sam, olive)
        with pytest.raises(WalkInNotFound):
            confirm_walk_in(event_id=event.pk, attendee=sam)

    def test_of_a_deleted_event_is_not_found(
        self, as_sam: Api, event: Event, walk_in: Rsvp
    ) -> None:
        delete_event(event_id=event.pk)
        as_sam.post(self.path(event), expect=404)

    def test_of_a_cancelled_event_still_works(self, event: Event, walk_in: Rsvp, sam: User) -> None:
        """People were there even if the event was cut short."""
        cancel_event(event_id=event.pk)
        assert confirm_walk_in(event_id=event.pk, attendee=sam).is_confirmed

    def test_anonymous_request_is_401(self, as_nobody: Api, event: Event) -> None:
        as_nobody.post(self.path(event), expect=401)

    def test_undo_after_it_sends_a_message(
        self, event: Event, walk_in: Rsvp, sam: User, olive: User
    ) -> None:
        confirm_walk_in(event_id=event.pk, attendee=sam)
        let_out(event, sam, olive)
        assert row(sam) == ("cancelled", 1, 0, True)
        assert kinds_sent(sam) == ["rsvp_cancelled"]
        check_invariants()

    def test_walk_in_after_an_announced_undo_is_unconfirmed_again(
        self, event: Event, walk_in: Rsvp, sam: User, olive: User
    ) -> None:
        """Each admission and each undo sent a mail."""
        confirm_walk_in(event_id=event.pk, attendee=sam)
        for _ in range(3):
            let_out(event, sam, olive)
            admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        assert kinds_sent(sam) == ["rsvp_cancelled"]


class TestDeny:
    @pytest.mark.parametrize("way", ["cancel", "answer"])
    def test_leaving_denies_it(
        self, as_sam: Api, as_olive: Api, event: Event, walk_in: Rsvp, sam: User, way: str
    ) -> None:
        """It was 409 `already_checked_in`: only the organizer could end it."""
        path = f"/events/{event.pk}/"
        if way == "cancel":
            shown = as_sam.post(f"{path}cancel/", expect=200)
        else:
            shown = as_sam.post(f"{path}rsvp/", {"status": "cancelled"}, expect=200)
        assert (shown["status"], shown["guests"], shown["checked_in_at"]) == ("cancelled", 0, None)
        assert row(sam) == ("cancelled", 0, 0, False)
        assert (Tally.objects.get(pk=event.pk).going, arrived(event)) == (0, 0)
        entries = CheckIn.objects.filter(rsvp=walk_in).values_list("people", "seats", "by")
        assert entries.order_by("-id")[0] == (-2, -2, sam.pk)
        assert kinds_sent(sam) == []
        check_invariants()

    def test_leaves_nothing_behind_for_the_person(
        self, as_sam: Api, event: Event, walk_in: Rsvp, sam: User
    ) -> None:
        leave_event(event_id=event.pk, attendee=sam)
        as_sam.get(f"/events/{event.pk}/rsvp/", expect=404)
        assert as_sam.get("/rsvps/")["results"] == []
        as_sam.post(f"/events/{event.pk}/cancel/", expect=404)

    def test_works_after_the_end(self, event: Event, walk_in: Rsvp, sam: User) -> None:
        end(event)
        leave_event(event_id=event.pk, attendee=sam)
        assert row(sam) == ("cancelled", 0, 0, False)
        check_invariants()

    def test_frees_the_seats_for_the_waitlist(
        self, event: Event, walk_in: Rsvp, sam: User, ada: User
    ) -> None:
        fill(event, 8)
        going(event, ada)
        leave_event(event_id=event.pk, attendee=sam)
        assert row(ada)[0] == Status.GOING
        check_invariants()

    def test_cancels_the_persons_own_rsvp_too(self, event: Event, olive: User, sam: User) -> None:
        mark_interested(event_id=event.pk, attendee=sam)
        admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        leave_event(event_id=event.pk, attendee=sam)
        assert row(sam) == ("cancelled", 0, 0, True)
        assert kinds_sent(sam) == []

    def test_by_an_admin_is_recorded_as_theirs(
        self, event: Event, walk_in: Rsvp, sam: User, alma: User
    ) -> None:
        leave_event(event_id=event.pk, attendee=sam, by=alma)
        assert CheckIn.objects.latest("id").by == alma

    def test_walk_in_after_it_can_be_denied_again(
        self, event: Event, walk_in: Rsvp, sam: User, olive: User
    ) -> None:
        for _ in range(2):
            leave_event(event_id=event.pk, attendee=sam)
            admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        assert row(sam) == ("going", 0, 1, False)
        check_invariants()


def test_walk_in_is_recorded_at_the_time_it_was_scanned(
    event: Event, olive: User, sam: User
) -> None:
    at = timezone.now().replace(microsecond=0)
    rsvp = admit_walk_in(event_id=event.pk, attendee=sam, at=at, by=olive)
    assert (rsvp.checked_in_at, CheckIn.objects.get().at) == (at, at)
