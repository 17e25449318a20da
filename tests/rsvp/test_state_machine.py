"""Random RSVPs and changes of one event keep the invariants."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from core.errors import RuleBroken
from events.models import Event, Tally
from events.services.events import cancel_event, delete_event, update_event
from rsvp.exceptions import EventFull, NoSeatsToAdd
from rsvp.models import Rsvp, RsvpChange
from rsvp.selectors import add_positions
from rsvp.services import join_event, leave_event, mark_interested
from tests.factories import EventFactory, begin, people
from tests.invariants import check_invariants, numbered_waitlist

pytestmark = [pytest.mark.both, pytest.mark.slow]

PEOPLE = 5
Limit = st.one_of(st.none(), st.integers(1, 8))
Guests = st.one_of(st.none(), st.integers(0, 4))
Who = st.integers(0, PEOPLE - 1)


class EventLife(RuleBasedStateMachine):
    """Each rule checks its own effect; the invariants are checked after each step."""

    event: Event
    crowd: list[User]
    is_deleted = False
    is_cancelled = False
    has_begun = False

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @initialize(seats=Limit)
    def open_event(self, seats: int | None) -> None:
        self.event = EventFactory.create(max_attendees=seats)
        self.crowd = people(PEOPLE)

    def row(self, who: int) -> Rsvp | None:
        return Rsvp.objects.filter(event=self.event, user=self.crowd[who]).first()

    def line(self) -> list[int]:
        waiting = Rsvp.objects.waiting().filter(event=self.event)
        return list(waiting.values_list("pk", flat=True))

    @rule(who=Who, guests=Guests, may_wait=st.booleans())
    def join(self, who: int, guests: int | None, may_wait: bool) -> None:
        before, line = self.row(who), self.line()
        call: dict[str, Any] = {"event_id": self.event.pk, "attendee": self.crowd[who]}
        try:
            rsvp, is_new = join_event(**call, guests=guests, may_wait=may_wait)
        except RuleBroken as refusal:
            after = self.row(who)
            assert (before is None) == (after is None)
            assert before is None or after is None or (
                (after.status, after.guests, after.line_no)
                == (before.status, before.guests, before.line_no)
            )  # fmt: skip
            if isinstance(refusal, NoSeatsToAdd):
                assert before is not None and before.status == Rsvp.Status.GOING
            elif isinstance(refusal, EventFull):
                assert not may_wait
            return
        assert not (self.is_deleted or self.is_cancelled or self.has_begun)
        assert is_new == (before is None)
        assert rsvp.status in (Rsvp.Status.GOING, Rsvp.Status.WAITLISTED)
        if before is not None and before.status == Rsvp.Status.GOING:
            assert rsvp.status == Rsvp.Status.GOING
        kept = before is not None and before.pk in line and rsvp.guests <= before.guests
        if rsvp.status == Rsvp.Status.WAITLISTED and not kept:
            assert self.line()[-1] == rsvp.pk
            assert rsvp.waitlist_position == numbered_waitlist(self.event)[rsvp.pk]
        add_positions([rsvp])
        assert rsvp.waitlist_position == numbered_waitlist(self.event).get(rsvp.pk)

    @rule()
    def forget_the_length_of_the_waitlist(self) -> None:
        """As if code that does not know the column had written the tally."""
        Tally.objects.filter(pk=self.event.pk).update(waitlist_length=None)

    @rule(who=Who, guests=Guests)
    def be_interested(self, who: int, guests: int | None) -> None:
        if self.is_deleted or self.is_cancelled or self.has_begun:
            with pytest.raises(RuleBroken):
                mark_interested(event_id=self.event.pk, attendee=self.crowd[who])
            return
        rsvp, _ = mark_interested(event_id=self.event.pk, attendee=self.crowd[who], guests=guests)
        assert rsvp.status == Rsvp.Status.INTERESTED

    @rule(who=Who)
    def leave(self, who: int) -> None:
        if self.is_deleted or self.row(who) is None:
            return
        rsvp = leave_event(event_id=self.event.pk, attendee=self.crowd[who])
        assert rsvp.status == Rsvp.Status.CANCELLED

    @precondition(lambda self: not (self.is_deleted or self.is_cancelled))
    @rule(seats=Limit)
    def resize(self, seats: int | None) -> None:
        taken = Tally.objects.get(pk=self.event.pk).going
        try:
            update_event(event_id=self.event.pk, changes={"max_attendees": seats})
        except RuleBroken:
            assert seats is not None and seats < taken
        else:
            assert seats is None or seats >= taken

    @precondition(lambda self: not self.is_deleted)
    @rule(chance=st.integers(0, 9))
    def delete(self, chance: int) -> None:
        if chance == 0:
            delete_event(event_id=self.event.pk)
            self.is_deleted = True

    @precondition(lambda self: not self.is_deleted)
    @rule(chance=st.integers(0, 9))
    def cancel(self, chance: int) -> None:
        if chance == 0:
            cancel_event(event_id=self.event.pk)
            self.is_cancelled = True

    @precondition(lambda self: not self.has_begun)
    @rule()
    def begin(self) -> None:
        begin(self.event)
        self.has_begun = True

    @precondition(lambda self: not (self.is_deleted or self.is_cancelled))
    @rule(days=st.integers(1, 9))
    def move(self, days: int) -> None:
        """It may be postponed after its start, too: the waitlist opens again."""
        start = timezone.now() + timedelta(days=days)
        changes = {"start_time": start, "end_time": start + timedelta(hours=1)}
        update_event(event_id=self.event.pk, changes=changes)
        self.has_begun = False

    @invariant()
    def the_four_lines_hold(self) -> None:
        check_invariants()

    @invariant()
    def history_ends_where_the_rows_are(self) -> None:
        for rsvp in Rsvp.objects.all():
            last = RsvpChange.objects.filter(rsvp=rsvp).last()
            assert last is not None and (last.to_status, last.guests) == (rsvp.status, rsvp.guests)


@pytest.mark.django_db
def test_random_rsvps_keep_the_invariants() -> None:
    run_state_machine_as_test(
        EventLife,
        settings=settings(
            max_examples=60,  # on each database
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
