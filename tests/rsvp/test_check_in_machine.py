"""Random check-ins and RSVPs: after any sequence the counts match the rows."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from accounts.models import User
from core.errors import RuleBroken
from notifications.models import Notification
from rsvp.check_in import Scan, admit_walk_in, confirm_walk_in, undo_check_in
from rsvp.models import CheckIn, Rsvp
from rsvp.selectors import my_rsvps
from rsvp.services import join_event, leave_event, mark_interested
from tests.rsvp.test_state_machine import EventLife, Who

pytestmark = pytest.mark.slow

People = st.one_of(st.none(), st.integers(1, 3))
Guests = st.integers(0, 4)


class DoorLife(EventLife):
    """Check-in is always open. Each person's view changes by what they do themselves."""

    def view(self, who: int) -> Any:
        """Return the RSVP as the person sees it."""
        rsvp = my_rsvps(self.crowd[who], [self.event.pk]).get(self.event.pk)
        return rsvp and (rsvp.personal_status, rsvp.personal_guests, rsvp.personal_checked_in_at)

    def message_count(self, who: int) -> int:
        return Notification.objects.filter(user=self.crowd[who]).count()

    def attempt(self, service: Any, who: int, **more: Any) -> bool:
        try:
            service(event_id=self.event.pk, attendee=self.crowd[who], **more)
        except RuleBroken:
            return False
        return True

    def by(self) -> User:
        organizer = self.event.created_by
        assert organizer
        return organizer

    @rule(who=Who, people=People)
    def walk_in(self, who: int, people: int | None) -> None:
        before, message_count, row = self.view(who), self.message_count(who), self.row(who)
        had_seat = row is not None and row.is_confirmed and row.status == Rsvp.Status.GOING
        self.attempt(admit_walk_in, who, people=people, by=self.by())
        assert self.message_count(who) == message_count
        assert had_seat or self.view(who) == before

    @rule(who=Who, people=People)
    def take_back(self, who: int, people: int | None) -> None:
        before, row = self.view(who), self.row(who)
        scan = Scan(user_id=self.crowd[who].pk, people=people)
        try:
            undo_check_in(event_id=self.event.pk, scan=scan, by=self.by())
        except RuleBroken:
            return
        assert row is not None
        after = self.view(who)
        # An earlier place on the waitlist may be seated at once.
        was_waiting = before and before[0] == Rsvp.Status.WAITLISTED
        assert row.is_confirmed or was_waiting or after == before

    @rule(who=Who)
    def confirm(self, who: int) -> None:
        row = self.row(who)
        if self.attempt(confirm_walk_in, who):
            after = self.row(who)
            assert row is not None
            assert after is not None
            assert (after.is_confirmed, after.arrived) == (True, row.arrived)

    @rule(who=Who, guests=st.one_of(st.none(), Guests), may_wait=st.booleans())
    def join(self, who: int, guests: int | None, may_wait: bool) -> None:
        if self.attempt(join_event, who, guests=guests, may_wait=may_wait):
            view = self.view(who)
            assert view[0] in (Rsvp.Status.GOING, Rsvp.Status.WAITLISTED)

    @rule(who=Who, guests=st.one_of(st.none(), Guests))
    def be_interested(self, who: int, guests: int | None) -> None:
        if self.attempt(mark_interested, who, guests=guests):
            assert self.view(who)[0] == Rsvp.Status.INTERESTED

    @rule(who=Who)
    def leave(self, who: int) -> None:
        row = self.row(who)
        is_stuck = row is not None and row.is_confirmed and row.arrived
        left = self.attempt(leave_event, who)
        view = self.view(who)
        if left:
            assert view is None or view[0] == Rsvp.Status.CANCELLED
        else:
            assert row is None or is_stuck or not row.is_own or self.is_deleted

    @invariant()
    def check_ins_add_up(self) -> None:
        for rsvp in Rsvp.objects.all():
            entries = CheckIn.objects.current().filter(rsvp=rsvp).values_list("people", "seats")
            assert sum(people for people, _ in entries) == rsvp.arrived
            if rsvp.is_unconfirmed_walk_in:
                assert rsvp.arrived == rsvp.party == sum(seats for _, seats in entries)

    @invariant()
    def unconfirmed_holds_no_place_in_line(self) -> None:
        waiting = Rsvp.objects.filter(status=Rsvp.Status.WAITLISTED)
        assert not waiting.filter(is_confirmed=False).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("days", [30, 8], ids=["moves-are-corrections", "moves-begin-anew"])
def test_random_check_ins_keep_the_invariants(settings: Any, days: int) -> None:
    """The event starts in a week: with 8 days, check-in starts anew after most moves."""
    settings.CHECK_IN_OPENS_MINUTES = days * 24 * 60
    run_machine()


def run_machine() -> None:
    run_state_machine_as_test(
        DoorLife,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
