"""Races at the door on real PostgreSQL, each beside the control that fails without its guard."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event, Tally
from notifications.models import Notification
from rsvp.models import CheckIn, Rsvp
from rsvp.selectors import tally_differences
from rsvp.services import (
    AlreadyCheckedIn,
    HasArrived,
    NoSeatForWalkIn,
    NotCheckedIn,
    Scan,
    WalkInNotFound,
    admit_walk_in,
    answers,
    check_in,
    check_in_all,
    confirm_walk_in,
    door,
    join_event,
    leave_event,
    undo_check_in,
    walk_ins,
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
    for module in (answers, door, walk_ins):
        monkeypatch.setattr(module, "lock_tally", lambda pk: Tally.objects.get(pk=pk))


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


class TestSameWalkIn:
    """Twelve send one walk-in at once: the same person, the same instant."""

    def round(self, rush: Rush, olive: User) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        [sam] = people(1)
        once = partial(
            admit_walk_in,
            event_id=event.pk,
            attendee=sam,
            people=1,
            at=timezone.now(),
            by=olive,
        )
        return event, rush([once] * SCANNERS)

    def test_brings_them_once(self, olive: User) -> None:
        with rush_of(SCANNERS) as rush:
            for _ in rounds_of(50):
                event, outcomes = self.round(rush, olive)
                assert errors_other_than(outcomes) == []
                assert arrived(event) == 1
        check_invariants()

    @pytest.mark.usefixtures("unlocked")
    def test_control_fails_without_the_lock(self, olive: User) -> None:
        failed = 0
        with rush_of(SCANNERS) as rush:
            for _ in range(CONTROL_ROUNDS):
                _, outcomes = self.round(rush, olive)
                failed += bool(errors_other_than(outcomes))
        assert failed


class TestConfirming:
    """A person confirms a walk-in, denies it, and answers, while the organizer undoes it."""

    def round(self, rush: Rush, olive: User, *more: str) -> tuple[Event, User, list[Any]]:
        event = open_event(created_by=olive)
        [sam] = people(1)
        admit_walk_in(event_id=event.pk, attendee=sam, people=3, by=olive)
        who: dict[str, Any] = {"event_id": event.pk, "attendee": sam}
        ways: dict[str, Callable[[], Any]] = {
            "confirm": partial(confirm_walk_in, **who),
            "deny": partial(leave_event, **who),
            "join": partial(join_event, **who, guests=4),
            "undo": partial(undo_check_in, event_id=event.pk, scan=Scan(user_id=sam.pk), by=olive),
        }
        return event, sam, rush([ways[name] for name in more for _ in range(2)])

    def test_confirmed_or_undone_and_never_half(self, olive: User) -> None:
        """In any order: the last state is one of two, and the person is told of an undo."""
        with rush_of(4) as rush:
            for _ in rounds_of(60):
                event, sam, outcomes = self.round(rush, olive, "confirm", "undo")
                assert errors_other_than(outcomes, WalkInNotFound, NotCheckedIn) == []
                rsvp = Rsvp.objects.get(event=event)
                was_confirmed = any(isinstance(each, Rsvp) for each in outcomes[:2])
                assert (rsvp.status, rsvp.arrived) == (Rsvp.Status.CANCELLED, 0)
                assert rsvp.is_confirmed == was_confirmed
                assert Notification.objects.filter(user=sam).count() == was_confirmed
        check_invariants()

    def test_confirming_and_answering_end_as_one_party(self, olive: User) -> None:
        with rush_of(4) as rush:
            for _ in rounds_of(60):
                event, _, outcomes = self.round(rush, olive, "confirm", "join")
                assert errors_other_than(outcomes, WalkInNotFound) == []
                rsvp = Rsvp.objects.get(event=event)
                assert (rsvp.is_confirmed, rsvp.guests, rsvp.arrived) == (True, 4, 3)
        check_invariants()

    def test_denied_undone_or_confirmed_the_counts_are_those_of_the_rows(self, olive: User) -> None:
        with rush_of(8) as rush:
            for _ in rounds_of(60):
                event, _, outcomes = self.round(rush, olive, "confirm", "deny", "undo", "join")
                assert errors_other_than(outcomes, RuleBroken) == []
                rsvp = Rsvp.objects.get(event=event)
                seats = rsvp.check_ins.aggregate(people=Sum("people"))["people"]
                assert seats == rsvp.arrived
        check_invariants()

    @pytest.mark.usefixtures("unlocked")
    def test_control_miscounts_without_the_lock(self, olive: User) -> None:
        wrong = 0
        with rush_of(8) as rush:
            for _ in range(CONTROL_ROUNDS):
                event, _, _ = self.round(rush, olive, "confirm", "deny", "undo", "join")
                wrong += event.pk in {each.event_id for each in tally_differences()}
        assert wrong

    @pytest.mark.usefixtures("unlocked")
    def test_control_confirms_what_was_undone_without_the_lock(self, olive: User) -> None:
        wrong = 0
        with rush_of(4) as rush:
            for _ in range(CONTROL_ROUNDS):
                event, sam, _ = self.round(rush, olive, "confirm", "undo")
                rsvp = Rsvp.objects.get(event=event)
                is_told = Notification.objects.filter(user=sam).exists()
                wrong += rsvp.status != Rsvp.Status.CANCELLED or rsvp.is_confirmed != is_told
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
