"""Races for seats on PostgreSQL, with controls that fail without their guards.

The controls remove the guards by patching: the product has no switch for it.
"""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from core.errors import RuleBroken
from events.exceptions import EventCancelled, EventNotFound
from events.models import Event, Tally
from events.services.events import delete_event, update_event
from events.services.tallies import lock_tally
from rsvp.exceptions import AccountInactive
from rsvp.models import Rsvp, RsvpChange
from rsvp.services import join_event, leave_event, mark_interested, rsvps
from rsvp.services.seats import save_and_promote
from rsvp.services.under_lock import Reading, snapshot
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import EventFactory, people
from tests.invariants import check_invariants

pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db(transaction=True),
]

Status = Rsvp.Status


def new_event(**more: Any) -> Event:
    return EventFactory.create(**{"max_attendees": 10} | more)


def invariants_hold() -> bool:
    """Return whether all invariants hold."""
    try:
        check_invariants()
    except AssertionError:
        return False
    return True


def unlocked(event_id: int) -> Tally:
    return Tally.objects.get(pk=event_id)


class TestFiftyForTen:
    """50 people ask for 10 seats at once."""

    def round(self, rush: Rush, crowd: list[User]) -> tuple[Event, list[Any]]:
        event = new_event()
        outcomes = rush([partial(join_event, event_id=event.pk, attendee=p) for p in crowd])
        return event, outcomes

    def test_ten_get_seats_and_forty_wait(self) -> None:
        crowd = people(50)
        with rush_of(50) as rush:
            for _ in rounds_of(100):
                event, outcomes = self.round(rush, crowd)
                assert errors_other_than(outcomes) == []
                tally = Tally.objects.get(pk=event.pk)
                assert (tally.going, tally.waiting) == (10, 40)
                statuses = [rsvp.status for rsvp, _ in outcomes]
                assert (statuses.count(Status.GOING), statuses.count(Status.WAITLISTED)) == (10, 40)
        check_invariants()

    def test_control_oversells_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rsvps, "lock_and_read", snapshot)
        crowd = people(50)
        oversold = 0
        with rush_of(50) as rush:
            for _ in range(CONTROL_ROUNDS):
                event, _ = self.round(rush, crowd)
                oversold += event.rsvps.filter(status=Status.GOING).count() > 10
                if oversold:
                    break
        assert oversold > 0


class TestRepeatedClicks:
    """One person clicks 20 times at once."""

    def round(self, rush: Rush, clicker: User) -> tuple[Event, list[Any]]:
        event = new_event()
        return event, rush([partial(join_event, event_id=event.pk, attendee=clicker)] * 20)

    def test_clicks_create_one_rsvp(self) -> None:
        [clicker] = people(1)
        with rush_of(20) as rush:
            for _ in rounds_of(100):
                event, outcomes = self.round(rush, clicker)
                assert errors_other_than(outcomes) == []
                assert sorted(is_new for _, is_new in outcomes) == [False] * 19 + [True]
                assert Tally.objects.get(pk=event.pk).going == 1
                assert RsvpChange.objects.filter(event=event).count() == 1
        check_invariants()

    def test_control_fails_without_the_locks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Remove both locks: the tally's, and the person's."""
        monkeypatch.setattr(rsvps, "lock_and_read", snapshot)
        [clicker] = people(1)
        with rush_of(20) as rush:
            rounds = (self.round(rush, clicker)[1] for _ in range(CONTROL_ROUNDS))
            assert any(errors_other_than(outcomes) for outcomes in rounds)


class TestTogglingHolder:
    """A holder toggles between interested and going on two devices while others join.

    Without the guard, an event is oversold: "going" is decided by a read before the lock.
    """

    def round(self, rush: Rush, holder: User, crowd: list[User]) -> Event:
        event = new_event(max_attendees=4)
        params: dict[str, Any] = {"event_id": event.pk, "attendee": holder}
        join_event(**params)
        holders = [
            partial(mark_interested, **params),
            partial(join_event, **params),
            partial(join_event, **params, guests=1),
            partial(mark_interested, **params, guests=0),
        ]
        others = [partial(join_event, event_id=event.pk, attendee=p) for p in crowd]
        outcomes = rush([*holders, *others])
        assert errors_other_than(outcomes, RuleBroken) == []
        return event

    def test_invariants_hold_for_a_toggling_holder(self) -> None:
        [holder, *crowd] = people(9)
        with rush_of(12) as rush:
            for _ in rounds_of(100):
                self.round(rush, holder, crowd)
                check_invariants()

    def test_control_miscounts_when_the_rsvp_is_read_before_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real_open = rsvps._open

        def stale_open(event_id: int, attendee: User) -> Reading:
            stale = Rsvp.objects.filter(event_id=event_id, user=attendee).first()
            reading = real_open(event_id, attendee)
            return reading._replace(rsvp=stale or reading.rsvp)

        monkeypatch.setattr(rsvps, "_open", stale_open)
        [holder, *crowd] = people(9)
        broken = 0
        with rush_of(12) as rush:
            for _ in range(CONTROL_ROUNDS):
                try:
                    self.round(rush, holder, crowd)
                except AssertionError:
                    broken += 1
                broken += not invariants_hold()
                if broken:
                    break
        assert broken > 0


class TestEverythingAtOnce:
    """Joins, parties, leaving, interest and changes of capacity, mixed."""

    def actions(self, event: Event, crowd: list[User], chance: random.Random) -> list[Any]:
        actions: list[Any] = []
        for person in crowd:
            params: dict[str, Any] = {"event_id": event.pk, "attendee": person}
            actions += chance.sample(
                [
                    partial(join_event, **params),
                    partial(join_event, **params, guests=chance.randrange(4)),
                    partial(join_event, **params, may_wait=False),
                    partial(mark_interested, **params),
                    partial(leave_event, **params),
                ],
                2,
            )
        for seats in chance.sample([2, 3, 5, 8, 13, None], 4):
            actions.append(
                partial(update_event, event_id=event.pk, changes={"max_attendees": seats})
            )
        chance.shuffle(actions)
        return actions

    def test_invariants_hold_for_mixed_actions(self) -> None:
        crowd = people(12)
        with rush_of(28) as rush:
            for number in rounds_of(100):
                chance = random.Random(number)
                event = new_event(max_attendees=chance.choice([2, 3, 5]))
                for person in chance.sample(crowd, 6):
                    join_event(event_id=event.pk, attendee=person)
                outcomes = rush(self.actions(event, crowd, chance))
                assert errors_other_than(outcomes, RuleBroken) == []
                check_invariants()

    def test_control_breaks_the_invariants_without_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rsvps, "lock_and_read", snapshot)
        monkeypatch.setattr("events.services.events.lock_tally", unlocked)
        crowd = people(12)
        broken = 0
        with rush_of(28) as rush:
            for number in range(CONTROL_ROUNDS):
                event = new_event(max_attendees=3)
                outcomes = rush(self.actions(event, crowd, random.Random(number)))
                broken += bool(errors_other_than(outcomes, RuleBroken)) or not invariants_hold()
                if broken:
                    break
        assert broken > 0


def cancel(event_id: int) -> None:
    update_event(event_id=event_id, changes={"status": Event.Status.CANCELLED})


def delete(event_id: int) -> None:
    delete_event(event_id=event_id)


class TestJoinsAgainstTheEnd:
    """People join while the event is cancelled or deleted: nobody gets a seat after that."""

    def round(self, rush: Rush, crowd: list[User], end: Callable[[int], None]) -> bool:
        """Return whether anybody got a seat after the commit."""
        event = new_event(max_attendees=None)
        going_at_the_end: list[int] = []

        def end_it() -> None:
            with transaction.atomic():
                going_at_the_end.append(lock_tally(event.pk).going)
                end(event.pk)

        joins = [partial(join_event, event_id=event.pk, attendee=p) for p in crowd]
        half = len(joins) // 2
        outcomes = rush([*joins[:half], end_it, *joins[half:]])
        assert errors_other_than(outcomes, EventCancelled, EventNotFound) == []
        return Tally.objects.get(pk=event.pk).going > going_at_the_end[0]

    @pytest.mark.parametrize("end", [cancel, delete])
    def test_nobody_gets_a_seat_after_the_end(self, end: Callable[[int], None]) -> None:
        crowd = people(16)
        with rush_of(17) as rush:
            for _ in rounds_of(100):
                assert not self.round(rush, crowd, end)
        check_invariants()

    @pytest.mark.parametrize("end", [cancel, delete])
    def test_control_gives_seats_when_the_event_is_read_before_the_lock(
        self, end: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def read_then_lock(event_id: int, attendee: User) -> Reading:
            reading = snapshot(event_id, attendee)
            return reading._replace(tally=lock_tally(event_id))

        monkeypatch.setattr(rsvps, "_open", read_then_lock)
        crowd = people(16)
        with rush_of(17) as rush:
            assert any(self.round(rush, crowd, end) for _ in range(CONTROL_ROUNDS))


class TestMoving:
    """People join while the event is moved and gets more seats."""

    def round(self, rush: Rush, crowd: list[User], number: int) -> None:
        event = new_event(max_attendees=3)
        later = timezone.now() + timedelta(days=30 + number)
        changes = {
            "start_time": later,
            "end_time": later + timedelta(hours=1),
            "max_attendees": 6,
        }
        move = partial(update_event, event_id=event.pk, changes=changes)
        joins = [partial(join_event, event_id=event.pk, attendee=p) for p in crowd]
        assert errors_other_than(rush([*joins[:6], move, *joins[6:]])) == []
        tally = Tally.objects.get(pk=event.pk)
        assert (tally.going, tally.waiting) == (6, 6)
        assert Event.objects.get(pk=event.pk).start_time == later

    def test_all_people_keep_a_seat_or_a_position(self) -> None:
        crowd = people(12)
        with rush_of(13) as rush:
            for number in rounds_of(100):
                self.round(rush, crowd, number)
        check_invariants()

    def test_control_loses_people_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rsvps, "lock_and_read", snapshot)
        monkeypatch.setattr("events.services.events.lock_tally", unlocked)
        crowd = people(12)
        broken = 0
        with rush_of(13) as rush:
            for number in range(CONTROL_ROUNDS):
                try:
                    self.round(rush, crowd, number)
                except AssertionError:
                    broken += 1
                if broken:
                    break
        assert broken > 0


class TestDeactivation:
    """One person joins from two places while the account is being deactivated."""

    def round(self, rush: Rush) -> tuple[User, list[Any]]:
        [person] = people(1)
        places = [new_event(), new_event()]
        joins = [partial(join_event, event_id=e.pk, attendee=person, guests=1) for e in places]
        return person, rush([joins[0], partial(deactivate, user=person), joins[1]])

    @staticmethod
    def slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
        """Widen the gap between reading that the person is active and the commit."""
        record = save_and_promote

        def slow_record(*args: Any, **more: Any) -> Any:
            time.sleep(random.uniform(0, 0.05))
            return record(*args, **more)

        monkeypatch.setattr(rsvps, "save_and_promote", slow_record)

    def test_deactivated_person_keeps_no_seat(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slow_down(monkeypatch)
        with rush_of(3) as rush:
            for _ in rounds_of(200):
                person, outcomes = self.round(rush)
                assert errors_other_than(outcomes, AccountInactive) == []
                assert not Rsvp.objects.live().filter(user=person).exists()
        check_invariants()

    @pytest.mark.usefixtures("without_the_persons_lock")
    def test_control_leaves_seats_behind_without_the_persons_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.slow_down(monkeypatch)
        with rush_of(3) as rush:
            people_of_rounds = (self.round(rush)[0] for _ in range(CONTROL_ROUNDS))
            assert any(Rsvp.objects.live().filter(user=who).exists() for who in people_of_rounds)


class TestOneLockOrder:
    """Capacity and text are edited while people join and leave two events crosswise."""

    def round(self, rush: Rush, crowd: list[User], number: int) -> list[Exception]:
        first, second = new_event(max_attendees=3), new_event(max_attendees=3)
        actions: list[Any] = []
        for person in crowd:
            for event in (first, second) if person.pk % 2 else (second, first):
                change = join_event if (person.pk + number) % 3 else mark_interested
                actions.append(partial(change, event_id=event.pk, attendee=person))
        for event in (first, second):
            for changes in (
                {"max_attendees": 8},
                {"max_attendees": None},
                {"title": f"Renamed {number}"},
                {"description": "Longer.", "location": "Elsewhere"},
            ):
                actions.append(partial(update_event, event_id=event.pk, changes=changes))
        return errors_other_than(rush(actions), RuleBroken)

    def test_edits_and_rsvps_never_deadlock(self) -> None:
        crowd = people(10)
        with rush_of(28) as rush:
            for number in rounds_of(100):
                assert self.round(rush, crowd, number) == []
                check_invariants()

    def test_control_deadlocks_when_edits_lock_the_event_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def event_first(event_id: int) -> Tally:
            Event.objects.select_for_update().get(pk=event_id)
            return lock_tally(event_id)

        monkeypatch.setattr("events.services.events.lock_tally", event_first)
        crowd = people(10)
        deadlocks: list[Exception] = []
        with rush_of(28) as rush:
            for number in range(CONTROL_ROUNDS):
                deadlocks += self.round(rush, crowd, number)
                if deadlocks:
                    break  # PostgreSQL needs a second to detect one
        assert deadlocks
        assert "deadlock detected" in str(deadlocks[0])
