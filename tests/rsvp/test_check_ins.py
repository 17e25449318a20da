"""The rules of check-in."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from events.exceptions import EventCancelled
from events.models import Event, Tally
from events.services.events import cancel_event
from rsvp.check_in import Scan, admit_walk_in, check_in, undo_check_in
from rsvp.exceptions import (
    AlreadyCheckedIn,
    CheckInClosed,
    CheckInNotOpen,
    HasArrived,
    NotCheckedIn,
    NotGoing,
    RsvpNotFound,
    TicketUnknown,
    TicketVoid,
    TooManyPeople,
)
from rsvp.models import CheckIn, Rsvp
from rsvp.selectors import attendance_of
from rsvp.services import join_event, leave_event, mark_interested
from rsvp.services.series import join_series, leave_series
from rsvp.tickets import code_of
from tests.factories import EventFactory, end, fill
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import arrived, going, let_in, move_start, open_event, ticket

pytestmark = pytest.mark.both

Status = Rsvp.Status


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


def scanned(event: Event, by: User, **scan: Any) -> Rsvp:
    return check_in(event_id=event.pk, scan=Scan(**scan), by=by)


class TestByCode:
    def test_whole_party_is_checked_in(self, event: Event, olive: User, ada: User) -> None:
        before = timezone.now()
        rsvp = scanned(event, olive, code=ticket(event, ada, guests=2))
        assert (rsvp.user, rsvp.arrived) == (ada, 3)
        assert rsvp.checked_in_at is not None and before <= rsvp.checked_in_at <= timezone.now()
        assert arrived(event) == 3
        check_invariants()

    def test_second_scan_has_the_time_of_the_first(
        self, event: Event, olive: User, ada: User
    ) -> None:
        code = ticket(event, ada)
        first = scanned(event, olive, code=code)
        with pytest.raises(AlreadyCheckedIn) as caught:
            scanned(event, olive, code=code)
        assert caught.value.facts == {"checked_in_at": first.checked_in_at}
        assert arrived(event) == 1

    def test_guests_may_come_one_by_one(self, event: Event, olive: User, ada: User) -> None:
        code = ticket(event, ada, guests=2)
        first = scanned(event, olive, code=code, people=1)
        second = scanned(event, olive, code=code, people=1)
        assert (first.arrived, second.arrived) == (1, 2)
        assert second.checked_in_at == first.checked_in_at

    def test_rest_of_the_party_comes_without_being_counted(
        self, event: Event, olive: User, ada: User
    ) -> None:
        code = ticket(event, ada, guests=2)
        scanned(event, olive, code=code, people=1)
        assert scanned(event, olive, code=code).arrived == 3

    def test_more_than_the_party_is_refused(self, event: Event, olive: User, ada: User) -> None:
        code = ticket(event, ada, guests=1)
        scanned(event, olive, code=code, people=1)
        with pytest.raises(TooManyPeople) as caught:
            scanned(event, olive, code=code, people=2)
        assert caught.value.facts == {"people": 1}
        assert arrived(event) == 1

    @pytest.mark.parametrize(
        "forge",
        [
            lambda code: code[:-1] + ("A" if code[-1] != "A" else "B"),
            lambda code: code.replace(".0:", ".1:"),
            lambda code: code.partition(":")[0],
            lambda code: "",
            lambda code: "42",
            lambda code: "…:…",
            lambda code: code.swapcase(),
        ],
        ids=["signature", "number", "unsigned", "empty", "short", "no-ascii", "case"],
    )
    def test_forged_code_is_unknown(self, event: Event, olive: User, ada: User, forge: Any) -> None:
        forged = forge(ticket(event, ada)) or " "
        with pytest.raises(TicketUnknown):
            scanned(event, olive, code=forged)
        assert arrived(event) == 0

    def test_blanks_around_a_code_are_ignored(self, event: Event, olive: User, ada: User) -> None:
        assert scanned(event, olive, code=f" {ticket(event, ada)}\n").arrived == 1

    def test_another_events_code_is_unknown(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada)
        foreign = ticket(open_event(created_by=olive), ada)
        with pytest.raises(TicketUnknown):
            scanned(event, olive, code=foreign)

    def test_code_is_void_after_giving_up_the_seats(
        self, event: Event, olive: User, ada: User
    ) -> None:
        code = ticket(event, ada)
        leave_event(event_id=event.pk, attendee=ada)
        with pytest.raises(TicketVoid):
            scanned(event, olive, code=code)

    def test_old_code_stays_void_with_new_seats(self, event: Event, olive: User, ada: User) -> None:
        old = ticket(event, ada)
        mark_interested(event_id=event.pk, attendee=ada)
        new = ticket(event, ada)
        with pytest.raises(TicketVoid):
            scanned(event, olive, code=old)
        assert scanned(event, olive, code=new).arrived == 1

    def test_code_stays_valid_when_the_party_grows(
        self, event: Event, olive: User, ada: User
    ) -> None:
        code = ticket(event, ada)
        going(event, ada, guests=1)
        assert scanned(event, olive, code=code).arrived == 2

    def test_seat_given_back_with_a_whole_series_voids_the_ticket(
        self, olive: User, ada: User
    ) -> None:
        first = EventFactory.create(created_by=olive, recurrence_pattern="FREQ=DAILY;COUNT=2")
        code = ticket(first, ada)
        leave_series(series_id=first.series_id, attendee=ada)
        join_series(series_id=first.series_id, attendee=ada)
        move_start(first, hours=1)
        with pytest.raises(TicketVoid):
            scanned(first, olive, code=code)


class TestByPerson:
    def test_is_checked_in(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada)
        assert let_in(event, ada, olive).arrived == 1

    def test_person_without_rsvp_is_unknown(self, event: Event, olive: User, sam: User) -> None:
        with pytest.raises(RsvpNotFound):
            let_in(event, sam, olive)

    def test_person_without_seat_has_to_walk_in(self, event: Event, olive: User, ada: User) -> None:
        mark_interested(event_id=event.pk, attendee=ada)
        with pytest.raises(NotGoing) as caught:
            let_in(event, ada, olive)
        assert caught.value.next_step == "walk_in"

    def test_scan_is_stored_with_the_person_who_made_it(
        self, event: Event, olive: User, ada: User
    ) -> None:
        rsvp = going(event, ada, guests=1)
        let_in(event, ada, olive)
        row = CheckIn.objects.get()
        assert (row.rsvp, row.event, row.people, row.by) == (rsvp, event, 2, olive)


class TestWindow:
    @pytest.mark.parametrize("minutes", [121, 60 * 24])
    def test_check_in_before_the_window_is_refused(
        self, event: Event, olive: User, ada: User, minutes: int
    ) -> None:
        going(event, ada)
        move_start(event, minutes=minutes)
        with pytest.raises(CheckInNotOpen) as caught:
            let_in(event, ada, olive)
        opens_at = Event.objects.get().start_time - timedelta(hours=2)
        assert caught.value.facts == {"opens_at": opens_at}

    @pytest.mark.parametrize("minutes", [119, 0, -119])
    def test_check_in_within_the_window_is_accepted(
        self, event: Event, olive: User, ada: User, minutes: int
    ) -> None:
        going(event, ada)
        move_start(event, minutes=minutes)
        assert let_in(event, ada, olive).arrived == 1

    def test_check_in_after_the_window_is_refused(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada)
        end(event)
        with pytest.raises(CheckInClosed):
            let_in(event, ada, olive)

    def test_settings_change_the_window(
        self, event: Event, olive: User, ada: User, settings: Any
    ) -> None:
        settings.CHECK_IN_OPENS_MINUTES, settings.CHECK_IN_CLOSES_MINUTES = 10, 90
        going(event, ada)
        with pytest.raises(CheckInNotOpen):
            let_in(event, ada, olive)
        end(event)
        assert let_in(event, ada, olive).arrived == 1

    def test_cancelled_event_refuses_check_in(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada)
        cancel_event(event_id=event.pk)
        with pytest.raises(EventCancelled):
            let_in(event, ada, olive)

    def test_corrections_are_accepted_at_any_time(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada)
        end(event)
        scan = Scan(user_id=ada.pk)
        assert check_in(event_id=event.pk, scan=scan, by=olive, is_correction=True).arrived == 1
        undone = undo_check_in(event_id=event.pk, scan=scan, by=olive, is_correction=True)
        assert undone.arrived == 0


class TestUndo:
    def test_whole_party_is_undone(self, event: Event, olive: User, ada: User) -> None:
        code = ticket(event, ada, guests=1)
        scanned(event, olive, code=code)
        rsvp = undo_check_in(event_id=event.pk, scan=Scan(code=code), by=olive)
        assert (rsvp.arrived, rsvp.checked_in_at, arrived(event)) == (0, None, 0)
        assert scanned(event, olive, code=code).arrived == 2
        assert [row.people for row in CheckIn.objects.all()] == [2, -2, 2]
        check_invariants()

    def test_one_of_a_party_is_undone(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada, guests=2)
        let_in(event, ada, olive)
        rsvp = undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk, people=1), by=olive)
        assert (rsvp.arrived, rsvp.checked_in_at is None, arrived(event)) == (2, False, 2)

    def test_undo_without_arrivals_is_refused(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada)
        with pytest.raises(NotCheckedIn):
            undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=olive)

    def test_undo_of_more_than_arrived_is_refused(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada, guests=2)
        let_in(event, ada, olive, people=1)
        with pytest.raises(TooManyPeople):
            undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk, people=2), by=olive)

    def test_undo_after_check_in_closed_is_refused(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        end(event)
        with pytest.raises(CheckInClosed):
            undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=olive)

    def test_undo_works_after_the_event_was_postponed(
        self, event: Event, olive: User, ada: User
    ) -> None:
        """Otherwise they could not leave, and their next scan would be refused."""
        going(event, ada)
        let_in(event, ada, olive)
        move_start(event, days=3)
        undo_check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=olive)
        assert leave_event(event_id=event.pk, attendee=ada).status == Status.CANCELLED

    def test_undone_walk_in_frees_the_seats(self, event: Event, olive: User, sam: User) -> None:
        admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)
        rsvp = undo_check_in(event_id=event.pk, scan=Scan(user_id=sam.pk), by=olive)
        assert (rsvp.status, Tally.objects.get().going) == (Status.CANCELLED, 0)
        check_invariants()

    def test_each_undone_person_of_a_walk_in_frees_a_seat(
        self, event: Event, olive: User, sam: User
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=sam, people=3, by=olive)
        one = Scan(user_id=sam.pk, people=1)
        rsvp = undo_check_in(event_id=event.pk, scan=one, by=olive)
        assert (rsvp.party, rsvp.arrived, Tally.objects.get().going) == (2, 2, 2)
        for _ in range(2):
            rsvp = undo_check_in(event_id=event.pk, scan=one, by=olive)
        assert (rsvp.status, Tally.objects.get().going) == (Status.CANCELLED, 0)
        check_invariants()

    def test_only_seats_of_the_walk_in_are_given_back(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada, guests=1)
        admit_walk_in(event_id=event.pk, attendee=ada, people=4, by=olive)
        for people_out in (1, 2):
            scan = Scan(user_id=ada.pk, people=people_out)
            rsvp = undo_check_in(event_id=event.pk, scan=scan, by=olive)
        assert (rsvp.status, rsvp.party, rsvp.arrived) == (Status.GOING, 2, 1)
        assert Tally.objects.get().going == 2
        check_invariants()

    def test_undone_walk_in_with_guests_frees_all_seats(
        self, event: Event, olive: User, sam: User
    ) -> None:
        for _ in range(2):
            admit_walk_in(event_id=event.pk, attendee=sam, people=1, by=olive)
        rsvp = undo_check_in(event_id=event.pk, scan=Scan(user_id=sam.pk), by=olive)
        assert (rsvp.status, Tally.objects.get().going) == (Status.CANCELLED, 0)

    def test_seats_of_the_walk_in_go_to_the_waitlist(
        self, event: Event, olive: User, ada: User, sam: User
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)
        fill(event, 8)
        going(event, ada)
        undo_check_in(event_id=event.pk, scan=Scan(user_id=sam.pk, people=1), by=olive)
        assert Rsvp.objects.get(user=ada).status == Status.GOING
        check_invariants()


class TestWhoIsIn:
    """Seats of people who are there are not given back."""

    @pytest.fixture(autouse=True)
    def _is_in(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada, guests=1)
        let_in(event, ada, olive)

    def test_cannot_leave(self, event: Event, ada: User) -> None:
        with pytest.raises(HasArrived):
            leave_event(event_id=event.pk, attendee=ada)

    def test_cannot_become_interested(self, event: Event, ada: User) -> None:
        with pytest.raises(HasArrived):
            mark_interested(event_id=event.pk, attendee=ada)

    def test_cannot_shrink_below_those_inside(self, event: Event, ada: User) -> None:
        with pytest.raises(HasArrived):
            join_event(event_id=event.pk, attendee=ada, guests=0)

    def test_may_grow(self, event: Event, ada: User) -> None:
        assert going(event, ada, guests=2).arrived == 2

    def test_deactivated_stays_counted(self, event: Event, ada: User) -> None:
        deactivate(user=ada)
        assert (Rsvp.objects.get().status, arrived(event)) == (Status.GOING, 2)
        check_invariants()

    def test_database_refuses_more_than_the_party(self) -> None:
        with pytest.raises(IntegrityError):
            Rsvp.objects.update(arrived=3)


class TestAttendance:
    def test_counts_people(self, event: Event, olive: User, ada: User, sam: User) -> None:
        going(event, ada, guests=2)
        mark_interested(event_id=event.pk, attendee=sam)
        let_in(event, ada, olive, people=1)
        counts = attendance_of(event)
        names = ("answered", "going", "interested", "arrived", "missing", "no_shows")
        assert [counts[name] for name in names] == [4, 3, 1, 1, 2, None]

    def test_person_missing_at_the_end_is_a_no_show(
        self, event: Event, olive: User, ada: User, sam: User
    ) -> None:
        going(event, ada)
        going(event, sam)
        let_in(event, ada, olive)
        end(event)
        assert attendance_of(Event.objects.get())["no_shows"] == 1

    def test_without_check_ins_no_shows_are_unknown(self, event: Event, ada: User) -> None:
        going(event, ada)
        end(event)
        assert attendance_of(Event.objects.get())["no_shows"] is None


def test_tickets_of_two_people_differ(event: Event, ada: User, sam: User) -> None:
    assert code_of(going(event, ada)) != code_of(going(event, sam))
