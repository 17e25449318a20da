"""Races at the door on real PostgreSQL, each beside the control that fails without its guard."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event, Tally
from rsvp.models import CheckIn, Rsvp
from rsvp.services import (
    AlreadyCheckedIn,
    HasArrived,
    NoSeatForWalkIn,
    Scan,
    admit_walk_in,
    check_in,
    check_in_all,
    door,
    leave_event,
    undo_check_in,
)
from tests.concurrency.rush import Rush, errors_other_than, rounds_of, rush_of
from tests.factories import UserFactory, people
from tests.invariants import check_invariants
from tests.rsvp.door import arrived, going, let_in, open_event, ticket

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

SCANNERS = 12
CONTROL_ROUNDS = 15


@pytest.fixture
def olive() -> User:
    return UserFactory.create(is_organizer=True)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "lock_tally", lambda pk: Tally.objects.get(pk=pk))


class TestOneTicket:
    """Twelve scan one ticket at once."""

    def round(self, rush: Rush, olive: User, scan: Callable[[str], Scan], guests: int) -> Any:
        event = open_event(created_by=olive)
        [ada] = people(1)
        code = ticket(event, ada, guests=guests)
        once = partial(check_in, event_id=event.pk, scan=scan(code), by=olive)
        outcomes = rush([once] * SCANNERS)
        let_in = [each for each in outcomes if isinstance(each, Rsvp)]
        return event, outcomes, len(let_in)

    def test_lets_its_party_in_once(self, olive: User) -> None:
        with rush_of(SCANNERS) as rush:
            for _ in rounds_of(100):
                event, outcomes, times = self.round(rush, olive, lambda code: Scan(code), 2)
                assert errors_other_than(outcomes, AlreadyCheckedIn) == []
                assert (times, arrived(event)) == (1, 3)
        check_invariants()

    def test_lets_each_of_its_party_in_once(self, olive: User) -> None:
        with rush_of(SCANNERS) as rush:
            for _ in rounds_of(50):
                event, outcomes, times = self.round(
                    rush, olive, lambda code: Scan(code, people=1), 2
                )
                assert errors_other_than(outcomes, AlreadyCheckedIn) == []
                assert (times, arrived(event)) == (3, 3)
                assert CheckIn.objects.filter(event=event).count() == 3
        check_invariants()

    @pytest.mark.usefixtures("unlocked")
    def test_control_lets_it_in_again_without_the_lock(self, olive: User) -> None:
        twice = 0
        with rush_of(SCANNERS) as rush:
            for _ in range(CONTROL_ROUNDS):
                _, _, times = self.round(rush, olive, lambda code: Scan(code), 0)
                twice += times > 1
        assert twice


class TestWalkIns:
    """Twelve without a seat come to an event with three left."""

    def round(self, rush: Rush, olive: User, crowd: list[User]) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive, max_attendees=3)
        return event, rush(
            [partial(admit_walk_in, event_id=event.pk, attendee=p, by=olive) for p in crowd]
        )

    def test_three_get_in(self, olive: User) -> None:
        crowd = people(SCANNERS)
        with rush_of(SCANNERS) as rush:
            for _ in rounds_of(50):
                event, outcomes = self.round(rush, olive, crowd)
                assert errors_other_than(outcomes, NoSeatForWalkIn) == []
                assert arrived(event) == 3
        check_invariants()

    @pytest.mark.usefixtures("unlocked")
    def test_control_miscounts_without_the_lock(self, olive: User) -> None:
        crowd = people(SCANNERS)
        wrong = 0
        with rush_of(SCANNERS) as rush:
            for _ in range(CONTROL_ROUNDS):
                event, _ = self.round(rush, olive, crowd)
                wrong += Rsvp.objects.filter(event=event, arrived__gte=1).count() != 3
        assert wrong


class TestGivingBack:
    """Somebody gives the seat back while it is scanned: one of both happens, never both."""

    def round(self, rush: Rush, olive: User) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        [ada] = people(1)
        code = ticket(event, ada)
        leave = partial(leave_event, event_id=event.pk, attendee=ada)
        scan = partial(check_in, event_id=event.pk, scan=Scan(code), by=olive)
        return event, rush([leave, scan] * 3)

    def test_nobody_is_in_without_a_seat(self, olive: User) -> None:
        with rush_of(6) as rush:
            for _ in rounds_of(60):
                event, outcomes = self.round(rush, olive)
                assert errors_other_than(outcomes, RuleBroken) == []
                has_left = any(isinstance(each, HasArrived) for each in outcomes)
                assert (arrived(event) == 1) == has_left
        check_invariants()


class TestLists:
    """Two devices send what they scanned, undone and scanned again meanwhile."""

    def test_counts_stay_those_of_the_rows(self, olive: User) -> None:
        with rush_of(6) as rush:
            for _ in rounds_of(30):
                event = open_event(created_by=olive)
                crowd = people(6)
                scans = [Scan(ticket(event, person)) for person in crowd]
                let_in(event, crowd[0], olive)
                outcomes = rush(
                    [
                        partial(check_in_all, event_id=event.pk, scans=scans, by=olive),
                        partial(check_in_all, event_id=event.pk, scans=scans[::-1], by=olive),
                        partial(check_in_all, event_id=event.pk, scans=scans[2:], by=olive),
                        partial(undo_check_in, event_id=event.pk, scan=scans[0], by=olive),
                        partial(undo_check_in, event_id=event.pk, scan=scans[3], by=olive),
                        partial(going, event, crowd[1], guests=1),
                    ]
                )
                assert errors_other_than(outcomes, RuleBroken) == []
        check_invariants()
