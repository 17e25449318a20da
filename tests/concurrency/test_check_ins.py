"""Races at the door on real PostgreSQL, each beside the control that fails without its guard."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from core.errors import RuleBroken
from events.models import Event, Tally
from events.services import events
from events.services.events import update_event
from notifications.models import Notification
from rsvp.check_in import (
    Scan,
    admit_guests,
    admit_walk_in,
    check_in,
    check_in_all,
    close_check_in,
    confirm_walk_in,
    rules,
    undo_check_in,
    walk_ins,
)
from rsvp.exceptions import (
    AlreadyCheckedIn,
    CheckInClosed,
    HasArrived,
    NoSeatForWalkIn,
    NotCheckedIn,
    WalkInNotFound,
)
from rsvp.models import CheckIn, Rsvp
from rsvp.selectors import tally_differences
from rsvp.services import join_event, leave_event, rsvps
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
    for module in (rsvps, rules, walk_ins, events):
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
    """A person confirms a walk-in, denies it, and rsvps, while the organizer undoes it."""

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


class TestSameWalkInByTicket:
    """Twelve send one walk-in by a ticket at once: three people more, the same instant."""

    def round(self, rush: Rush, olive: User) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        [ada] = people(1)
        party: dict[str, Any] = {"code": ticket(event, ada), "people": 4, "at": timezone.now()}
        once = partial(admit_guests, event_id=event.pk, by=olive, **party)
        return event, rush([once] * SCANNERS)

    def test_brings_them_once(self, olive: User) -> None:
        with rush_of(SCANNERS) as rush:
            for _ in rounds_of(50):
                event, outcomes = self.round(rush, olive)
                assert errors_other_than(outcomes) == []
                assert arrived(event) == 4
        check_invariants()

    @pytest.mark.usefixtures("unlocked")
    def test_control_fails_without_the_locks(
        self, olive: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The lock of the person alone would keep the same person's requests apart, too."""
        monkeypatch.setattr(walk_ins, "lock_attendee", lambda attendee: True)
        failed = 0
        with rush_of(SCANNERS) as rush:
            for _ in range(CONTROL_ROUNDS):
                _, outcomes = self.round(rush, olive)
                failed += bool(errors_other_than(outcomes))
        assert failed


class TestUndoAndPromotion:
    """A walk-in is undone while seats are given back: both serve the same line.

    The party of three waits for the first place, and is passed over by a limit of two. One of them
    walked in. The undo restores their place; the limit rises, and others leave and join meanwhile.
    """

    def round(self, rush: Rush, olive: User) -> tuple[Event, User, list[Any]]:
        event = open_event(created_by=olive, max_attendees=3)
        waits, first, second, newcomer = people(4)
        going(event, first)
        going(event, waits, guests=2)
        update_event(event_id=event.pk, changes={"max_attendees": 2})
        admit_walk_in(event_id=event.pk, attendee=waits, people=1, by=olive)
        going(event, second)
        undo = partial(undo_check_in, event_id=event.pk, scan=Scan(user_id=waits.pk), by=olive)
        outcomes = rush(
            [
                undo,
                undo,
                partial(leave_event, event_id=event.pk, attendee=first),
                partial(update_event, event_id=event.pk, changes={"max_attendees": 4}),
                partial(going, event, newcomer),
            ]
        )
        return event, waits, outcomes

    def test_no_seat_is_lost_and_nobody_overtakes(self, olive: User) -> None:
        with rush_of(5) as rush:
            for _ in rounds_of(60):
                event, waits, outcomes = self.round(rush, olive)
                assert errors_other_than(outcomes, NotCheckedIn) == []
                rsvp = Rsvp.objects.get(event=event, user=waits)
                assert (rsvp.guests, rsvp.arrived) == (2, 0)
                if rsvp.status == Rsvp.Status.WAITLISTED:
                    assert (
                        rsvp.line_no == 1 or Rsvp.objects.waiting().filter(event=event)[0] == rsvp
                    )
        check_invariants()

    @pytest.mark.usefixtures("unlocked")
    def test_control_miscounts_without_the_lock(self, olive: User) -> None:
        wrong = 0
        with rush_of(5) as rush:
            for _ in range(CONTROL_ROUNDS):
                event, _, _ = self.round(rush, olive)
                wrong += event.pk in {each.event_id for each in tally_differences()}
        assert wrong


class TestMoving:
    """Twelve are scanned while the event is moved to another date."""

    def round(self, rush: Rush, olive: User) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        crowd = people(6)
        scans = [Scan(ticket(event, person), at=timezone.now()) for person in crowd]
        start = timezone.now() + timedelta(days=7)
        times = {"start_time": start, "end_time": start + timedelta(hours=2)}
        moves = [partial(update_event, event_id=event.pk, changes=times)]
        one_by_one = [
            partial(check_in, event_id=event.pk, scan=scan, by=olive) for scan in scans[:3]
        ]
        lists = [partial(check_in_all, event_id=event.pk, scans=scans[3:], by=olive)] * 2
        return event, rush([*one_by_one, *moves, *lists])

    def test_nobody_has_arrived_on_the_new_date(self, olive: User) -> None:
        """Each scan was made before the move, so its date is the former one in any order."""
        with rush_of(6) as rush:
            for _ in rounds_of(60):
                event, outcomes = self.round(rush, olive)
                assert errors_other_than(outcomes) == []
                assert arrived(event) == 0
                entries = CheckIn.objects.filter(event=event)
                assert (entries.count(), entries.current().count()) == (6, 0)
        check_invariants()

    @pytest.mark.usefixtures("unlocked")
    def test_control_lets_people_into_the_new_date_without_the_lock(self, olive: User) -> None:
        wrong = 0
        with rush_of(6) as rush:
            for _ in range(CONTROL_ROUNDS):
                event, _ = self.round(rush, olive)
                current = CheckIn.objects.current().filter(event=event)
                wrong += current.exists() or arrived(event) > 0
        assert wrong


class TestClosing:
    """Check-in is closed while people are scanned: no scan is counted after the closing."""

    def round(self, rush: Rush, olive: User) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        scans = [Scan(ticket(event, person)) for person in people(5)]
        outcomes = rush(
            [
                *(partial(check_in, event_id=event.pk, scan=scan, by=olive) for scan in scans),
                partial(close_check_in, event_id=event.pk),
            ]
        )
        return event, outcomes

    def is_late(self, event: Event) -> bool:
        closed_at = Tally.objects.get(pk=event.pk).check_in_closed_at
        assert closed_at
        return CheckIn.objects.filter(event=event, recorded_at__gt=closed_at).exists()

    def test_everyone_counted_came_before_it(self, olive: User) -> None:
        with rush_of(6) as rush:
            for _ in rounds_of(60):
                event, outcomes = self.round(rush, olive)
                refused = errors_other_than(outcomes)
                assert {type(each) for each in refused} <= {CheckInClosed}
                assert arrived(event) == 5 - len(refused)
                assert not self.is_late(event)
        check_invariants()

    @pytest.mark.usefixtures("unlocked")
    def test_control_counts_some_after_it_without_the_lock(self, olive: User) -> None:
        late = 0
        with rush_of(6) as rush:
            for _ in range(CONTROL_ROUNDS):
                event, _ = self.round(rush, olive)
                late += self.is_late(event)
        assert late


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
