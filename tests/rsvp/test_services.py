"""Seats, the waitlist and promotions."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from events.exceptions import EventCancelled, EventNotFound, EventStarted
from events.models import Event, Tally
from events.services.events import cancel_event, delete_event, update_event
from rsvp.exceptions import (
    AccountInactive,
    EventFull,
    NoSeatsToAdd,
    PartyTooLarge,
    RsvpNotFound,
    TooLateToLeave,
)
from rsvp.models import Rsvp, RsvpChange
from rsvp.services import join_event, leave_event, mark_interested
from tests.factories import EventFactory, begin, end, fill, people
from tests.invariants import check_invariants

Status = Rsvp.Status

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def _counts_hold() -> Iterator[None]:
    yield
    check_invariants()


def join(event: Event, person: User, **more: object) -> Rsvp:
    return join_event(event_id=event.pk, attendee=person, **more)[0]  # type: ignore[arg-type]


def leave(event: Event, person: User) -> Rsvp:
    return leave_event(event_id=event.pk, attendee=person)


def status_of(event: Event, person: User) -> str:
    return Rsvp.objects.get(event=event, user=person).status


def counts(event: Event) -> tuple[int, int, int]:
    tally = Tally.objects.get(pk=event.pk)
    return tally.going, tally.interested, tally.waiting


def resize(event: Event, seats: int | None) -> None:
    update_event(event_id=event.pk, changes={"max_attendees": seats})


class TestJoining:
    def test_join_takes_a_seat(self, event: Event, ada: User) -> None:
        rsvp, is_new = join_event(event_id=event.pk, attendee=ada)
        assert (rsvp.status, is_new) == (Status.GOING, True)
        assert counts(event) == (1, 0, 0)

    def test_join_with_guests_takes_seats_for_all(self, event: Event, ada: User) -> None:
        join(event, ada, guests=1)
        assert counts(event) == (2, 0, 0)

    def test_join_of_full_event_waits(self, event: Event, ada: User) -> None:
        fill(event, 2)
        assert join(event, ada).status == Status.WAITLISTED
        assert counts(event) == (2, 0, 1)

    def test_join_without_waiting_is_refused_and_changes_nothing(
        self, event: Event, ada: User
    ) -> None:
        fill(event, 2)
        with pytest.raises(EventFull):
            join(event, ada, may_wait=False)
        assert not Rsvp.objects.filter(user=ada).exists()
        assert counts(event) == (2, 0, 0)

    def test_join_without_limit_always_gets_a_seat(self, ada: User) -> None:
        event = EventFactory.create(max_attendees=None)
        assert join(event, ada, guests=9).status == Status.GOING

    def test_join_twice_is_the_same_rsvp(self, event: Event, ada: User) -> None:
        join(event, ada)
        rsvp, is_new = join_event(event_id=event.pk, attendee=ada)
        assert (rsvp.status, is_new) == (Status.GOING, False)
        assert counts(event) == (1, 0, 0)
        assert RsvpChange.objects.count() == 1

    def test_join_after_cancelling_reuses_the_row_at_the_back(
        self, event: Event, ada: User
    ) -> None:
        first = join(event, ada)
        leave(event, ada)
        fill(event, 2)
        [other] = fill(event, 1)
        again, is_new = join_event(event_id=event.pk, attendee=ada)
        assert (again.pk, again.status, is_new) == (first.pk, Status.WAITLISTED, False)
        leave(event, Rsvp.objects.filter(event=event, status=Status.GOING)[0].user)
        assert status_of(event, other) == Status.GOING
        assert status_of(event, ada) == Status.WAITLISTED

    def test_join_keeps_the_party_when_guests_are_left_out(self, event: Event, ada: User) -> None:
        join(event, ada, guests=1)
        assert join(event, ada).guests == 1

    def test_party_larger_than_the_event_is_refused(self, event: Event, ada: User) -> None:
        with pytest.raises(PartyTooLarge):
            join(event, ada, guests=2)

    def test_newcomer_does_not_overtake_a_large_party(self, event: Event, ada: User) -> None:
        fill(event, 1)
        [family] = people(1)
        assert join(event, family, guests=1).status == Status.WAITLISTED
        assert join(event, ada).status == Status.WAITLISTED
        assert counts(event) == (1, 0, 3)

    @pytest.mark.parametrize("when", [begin, end])
    def test_join_after_the_start_is_refused(
        self, event: Event, ada: User, when: Callable[[Event], None]
    ) -> None:
        when(event)
        with pytest.raises(EventStarted):
            join(event, ada)

    def test_join_of_cancelled_event_is_refused(self, event: Event, ada: User) -> None:
        cancel_event(event_id=event.pk)
        with pytest.raises(EventCancelled):
            join(event, ada)

    def test_join_of_draft_is_not_found(self, ada: User) -> None:
        draft = EventFactory.create(status=Event.Status.DRAFT)
        with pytest.raises(EventNotFound):
            join(draft, ada)

    def test_join_of_deleted_event_is_not_found(self, event: Event, ada: User) -> None:
        delete_event(event_id=event.pk)
        with pytest.raises(EventNotFound):
            join(event, ada)

    def test_join_of_an_unknown_event_is_not_found(self, ada: User) -> None:
        with pytest.raises(EventNotFound):
            join_event(event_id=10**9, attendee=ada)

    def test_join_by_inactive_person_is_refused(self, event: Event, ada: User) -> None:
        deactivate(user=ada)
        with pytest.raises(AccountInactive):
            join(event, ada)


class TestHolders:
    def test_holder_gets_more_seats_if_available(self, event: Event, ada: User) -> None:
        join(event, ada)
        assert join(event, ada, guests=1).status == Status.GOING
        assert counts(event) == (2, 0, 0)

    def test_holder_requesting_too_much_keeps_the_seats(self, event: Event, ada: User) -> None:
        join(event, ada)
        fill(event, 1)
        with pytest.raises(NoSeatsToAdd):
            join(event, ada, guests=1)
        assert (status_of(event, ada), counts(event)) == (Status.GOING, (2, 0, 0))

    def test_holder_does_not_overtake_those_waiting(self, ada: User) -> None:
        event = EventFactory.create(max_attendees=3)
        join(event, ada)
        fill(event, 1)
        [family] = people(1)
        join(event, family, guests=1)
        with pytest.raises(NoSeatsToAdd):
            join(event, ada, guests=1)

    def test_holder_who_brings_fewer_frees_seats(self, event: Event, ada: User) -> None:
        join(event, ada, guests=1)
        [next_one] = fill(event, 1)
        join(event, ada, guests=0)
        assert status_of(event, next_one) == Status.GOING

    def test_holder_of_full_event_may_become_interested(self, event: Event, ada: User) -> None:
        join(event, ada, guests=1)
        [next_one] = fill(event, 1)
        mark_interested(event_id=event.pk, attendee=ada)
        assert (status_of(event, ada), status_of(event, next_one)) == (
            Status.INTERESTED,
            Status.GOING,
        )
        assert counts(event) == (1, 2, 0)

    def test_interested_person_joins_as_a_newcomer(self, event: Event, ada: User) -> None:
        mark_interested(event_id=event.pk, attendee=ada)
        fill(event, 2)
        assert join(event, ada).status == Status.WAITLISTED
        assert counts(event) == (2, 0, 1)


class TestLine:
    def test_leaving_promotes_the_first_waiting_party(self, event: Event, ada: User) -> None:
        join(event, ada)
        fill(event, 1)
        first, second = fill(event, 2)
        leave(event, ada)
        assert (status_of(event, first), status_of(event, second)) == (
            Status.GOING,
            Status.WAITLISTED,
        )
        assert counts(event) == (2, 0, 1)

    def test_large_party_at_the_head_holds_back_those_behind(self, event: Event, ada: User) -> None:
        join(event, ada)
        fill(event, 1)
        [family] = people(1)
        join(event, family, guests=1)
        [single] = fill(event, 1)
        leave(event, ada)
        assert counts(event) == (1, 0, 3)
        leave(event, Rsvp.objects.get(event=event, status=Status.GOING).user)
        assert (status_of(event, family), status_of(event, single)) == (
            Status.GOING,
            Status.WAITLISTED,
        )

    def test_leaving_the_first_place_promotes_the_next(self, event: Event, ada: User) -> None:
        fill(event, 1)
        join(event, ada, guests=1)
        [single] = fill(event, 1)
        leave(event, ada)
        assert status_of(event, single) == Status.GOING

    def test_waiting_party_that_grows_goes_to_the_back(self, event: Event, ada: User) -> None:
        [holder, _] = fill(event, 2)
        join(event, ada)
        [behind] = fill(event, 1)
        join(event, ada, guests=1)
        leave(event, holder)
        assert (status_of(event, ada), status_of(event, behind)) == (
            Status.WAITLISTED,
            Status.GOING,
        )

    def test_waiting_party_that_shrinks_keeps_its_place(self, event: Event, ada: User) -> None:
        [holder, _] = fill(event, 2)
        join(event, ada, guests=1)
        [behind] = fill(event, 1)
        join(event, ada, guests=0)
        leave(event, holder)
        assert (status_of(event, ada), status_of(event, behind)) == (
            Status.GOING,
            Status.WAITLISTED,
        )

    def test_waiting_party_that_shrinks_may_be_seated_at_once(
        self, event: Event, ada: User
    ) -> None:
        fill(event, 1)
        join(event, ada, guests=1)
        assert join(event, ada, guests=0, may_wait=False).status == Status.GOING

    def test_waiting_again_keeps_the_place(self, event: Event, ada: User) -> None:
        fill(event, 2)
        place = join(event, ada).line_no
        fill(event, 1)
        assert join(event, ada).line_no == place

    def test_waiting_person_may_become_interested(self, event: Event, ada: User) -> None:
        fill(event, 2)
        join(event, ada)
        mark_interested(event_id=event.pk, attendee=ada)
        assert counts(event) == (2, 1, 0)

    def test_waitlist_closes_at_the_start(self, event: Event, ada: User) -> None:
        join(event, ada)
        fill(event, 1)
        [waiting] = fill(event, 1)
        begin(event)
        leave(event, ada)
        assert status_of(event, waiting) == Status.WAITLISTED

    def test_moving_a_started_event_opens_the_waitlist_again(self, event: Event, ada: User) -> None:
        join(event, ada)
        fill(event, 1)
        [waiting] = fill(event, 1)
        begin(event)
        leave(event, ada)
        later = timezone.now() + timedelta(days=1)
        update_event(
            event_id=event.pk,
            changes={"start_time": later, "end_time": later + timedelta(hours=1)},
        )
        assert status_of(event, waiting) == Status.GOING


class TestCapacity:
    def test_more_seats_promote_the_waitlist_in_order(self, event: Event) -> None:
        fill(event, 2)
        first, second, third = fill(event, 3)
        resize(event, 4)
        assert [status_of(event, person) for person in (first, second, third)] == [
            Status.GOING,
            Status.GOING,
            Status.WAITLISTED,
        ]

    def test_no_limit_seats_everyone(self, event: Event) -> None:
        fill(event, 5)
        resize(event, None)
        assert counts(event) == (5, 0, 0)

    def test_party_beyond_a_lowered_limit_is_passed_over(self, ada: User) -> None:
        event = EventFactory.create(max_attendees=3)
        holder = fill(event, 1)[0]
        join(event, ada, guests=2)
        [single] = fill(event, 1)
        assert status_of(event, single) == Status.WAITLISTED
        resize(event, 2)
        assert (status_of(event, ada), status_of(event, single)) == (
            Status.WAITLISTED,
            Status.GOING,
        )
        leave(event, holder)
        leave(event, single)
        tally = Tally.objects.get(pk=event.pk)
        assert (tally.waiting, tally.passed_over, tally.is_full) == (3, 3, False)
        fill(event, 1)
        assert counts(event) == (1, 0, 3)

    def test_party_passed_over_is_seated_when_the_limit_rises(self, ada: User) -> None:
        event = EventFactory.create(max_attendees=3)
        holder = fill(event, 1)[0]
        join(event, ada, guests=2)
        resize(event, 2)
        leave(event, holder)
        resize(event, 3)
        assert status_of(event, ada) == Status.GOING
        assert Tally.objects.get(pk=event.pk).passed_over == 0

    def test_party_passed_over_may_repeat_its_rsvp_and_keep_its_place(self, ada: User) -> None:
        event = EventFactory.create(max_attendees=3)
        fill(event, 1)
        place = join(event, ada, guests=2).line_no
        resize(event, 2)
        assert join(event, ada).line_no == place

    def test_party_passed_over_that_shrinks_may_be_seated(self, ada: User) -> None:
        event = EventFactory.create(max_attendees=3)
        fill(event, 1)
        join(event, ada, guests=2)
        resize(event, 2)
        assert join(event, ada, guests=0).status == Status.GOING


class TestLeaving:
    def test_leaving_twice_is_no_error(self, event: Event, ada: User) -> None:
        join(event, ada)
        leave(event, ada)
        assert leave(event, ada).status == Status.CANCELLED
        assert RsvpChange.objects.count() == 2

    def test_leaving_without_rsvp_is_not_found(self, event: Event, ada: User) -> None:
        with pytest.raises(RsvpNotFound):
            leave(event, ada)

    def test_leaving_works_during_the_event(self, event: Event, ada: User) -> None:
        join(event, ada)
        begin(event)
        assert leave(event, ada).status == Status.CANCELLED

    def test_leaving_after_the_end_is_refused(self, event: Event, ada: User) -> None:
        join(event, ada)
        end(event)
        with pytest.raises(TooLateToLeave):
            leave(event, ada)

    def test_leaving_a_cancelled_event_promotes_nobody(self, event: Event, ada: User) -> None:
        join(event, ada)
        fill(event, 1)
        [waiting] = fill(event, 1)
        cancel_event(event_id=event.pk)
        leave(event, ada)
        assert status_of(event, waiting) == Status.WAITLISTED

    def test_deactivation_frees_seats_of_future_events(self, event: Event, ada: User) -> None:
        over = EventFactory.create(max_attendees=1)
        join(event, ada, guests=1)
        join(over, ada)
        end(over)
        [waiting] = fill(event, 1)
        deactivate(user=ada)
        assert status_of(event, waiting) == Status.GOING
        assert status_of(over, ada) == Status.GOING


class TestRecords:
    def test_every_change_is_recorded(self, event: Event, ada: User) -> None:
        mark_interested(event_id=event.pk, attendee=ada)
        join(event, ada, guests=1)
        leave(event, ada)
        assert list(RsvpChange.objects.values_list("from_status", "to_status", "guests")) == [
            ("", "interested", 0),
            ("interested", "going", 1),
            ("going", "cancelled", 1),
        ]

    def test_promotion_is_recorded(self, event: Event, ada: User) -> None:
        holder, _ = fill(event, 2)
        join(event, ada)
        leave(event, holder)
        last = RsvpChange.objects.filter(rsvp__user=ada).last()
        assert last is not None
        assert (last.from_status, last.to_status) == ("waitlisted", "going")

    def test_database_refuses_an_oversold_event(self, event: Event) -> None:
        with pytest.raises(IntegrityError, match="tally_not_oversold"), transaction.atomic():
            Tally.objects.filter(pk=event.pk).update(going=3)

    def test_database_refuses_a_second_rsvp(self, event: Event, ada: User) -> None:
        join(event, ada)
        with pytest.raises(IntegrityError), transaction.atomic():
            Rsvp.objects.create(event=event, user=ada, status=Status.GOING)

    def test_rows_that_hold_seats_are_not_cascaded_away(self, event: Event, ada: User) -> None:
        join(event, ada)
        with pytest.raises(ProtectedError):
            ada.delete()
        with pytest.raises(ProtectedError):
            event.delete()
