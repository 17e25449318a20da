"""Walk-ins: people without a seat, or parties with more people than seats."""

import pytest

from accounts.models import User
from events.models import Event, Tally
from notifications.models import Notification
from rsvp.check_in import Scan, admit_walk_in, undo_check_in
from rsvp.exceptions import AlreadyCheckedIn, NoSeatForWalkIn, TooManyPeople
from rsvp.models import CheckIn, Rsvp
from rsvp.services import leave_event
from tests.factories import fill, people
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import arrived, going, let_in, move_start, open_event

pytestmark = pytest.mark.both

Status = Rsvp.Status


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


class TestWalkIn:
    def test_takes_a_free_seat(self, event: Event, olive: User, sam: User) -> None:
        rsvp = admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        assert (rsvp.status, rsvp.arrived) == (Status.GOING, 1)
        assert (Tally.objects.get().going, arrived(event)) == (1, 1)
        assert CheckIn.objects.get().is_walk_in
        check_invariants()

    def test_person_who_never_rsvped_gets_no_mail(
        self, event: Event, olive: User, sam: User
    ) -> None:
        """Otherwise an organizer could send mail to anybody."""
        admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        undo_check_in(event_id=event.pk, scan=Scan(user_id=sam.pk), by=olive)
        assert not Notification.objects.filter(user=sam).exists()

    def test_person_who_waits_is_not_notified(self, event: Event, olive: User, ada: User) -> None:
        fill(event, 10)
        going(event, ada)
        move_start(event, minutes=-5)
        leave_event(event_id=event.pk, attendee=Rsvp.objects.exclude(user=ada)[0].user)
        admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
        notifications = Notification.objects.filter(user=ada).order_by("id")
        assert [notification.kind for notification in notifications] == ["waitlisted"]

    def test_brings_guests(self, event: Event, olive: User, sam: User) -> None:
        rsvp = admit_walk_in(event_id=event.pk, attendee=sam, people=3, by=olive)
        assert (rsvp.guests, rsvp.arrived) == (2, 3)

    def test_full_event_has_no_seat(self, event: Event, olive: User, sam: User) -> None:
        fill(event, 9)
        with pytest.raises(NoSeatForWalkIn):
            admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)
        assert Tally.objects.get().going == 9

    def test_nobody_overtakes_the_waitlist_before_the_start(
        self, event: Event, olive: User, sam: User
    ) -> None:
        fill(event, 9)
        [waiting] = people(1)
        going(event, waiting, guests=1)
        with pytest.raises(NoSeatForWalkIn):
            admit_walk_in(event_id=event.pk, attendee=sam, by=olive)

    def test_once_it_has_started_free_seats_are_free(
        self, event: Event, olive: User, sam: User
    ) -> None:
        fill(event, 9)
        [waiting] = people(1)
        going(event, waiting, guests=1)
        move_start(event, minutes=-5)
        assert admit_walk_in(event_id=event.pk, attendee=sam, by=olive).status == Status.GOING
        check_invariants()

    def test_waiting_person_gets_the_seat_of_a_missing_one(
        self, event: Event, olive: User, ada: User
    ) -> None:
        [gone, *_] = fill(event, 10)
        going(event, ada)
        move_start(event, minutes=-5)
        leave_event(event_id=event.pk, attendee=gone)
        rsvp = admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
        assert (rsvp.status, rsvp.line_no) == (Status.GOING, None)
        check_invariants()

    def test_person_who_has_a_seat_is_checked_in(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada, guests=1)
        rsvp = admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
        assert (rsvp.guests, rsvp.arrived) == (1, 2)
        assert not CheckIn.objects.get().is_walk_in

    def test_person_who_brings_more_than_seats_takes_more(
        self, event: Event, olive: User, ada: User
    ) -> None:
        going(event, ada)
        rsvp = admit_walk_in(event_id=event.pk, attendee=ada, people=3, by=olive)
        assert (rsvp.guests, rsvp.arrived, Tally.objects.get().going) == (2, 3, 3)

    def test_is_in_already(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        with pytest.raises(AlreadyCheckedIn):
            admit_walk_in(event_id=event.pk, attendee=ada, by=olive)

    def test_party_beyond_ten_is_refused(self, event: Event, olive: User, ada: User) -> None:
        going(event, ada, guests=9)
        let_in(event, ada, olive)
        Tally.objects.update(max_attendees=None)
        with pytest.raises(TooManyPeople):
            admit_walk_in(event_id=event.pk, attendee=ada, people=1, by=olive)
