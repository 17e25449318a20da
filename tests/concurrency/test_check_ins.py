"""Races at check-in on real PostgreSQL, with controls that fail without their locks."""

from collections.abc import Callable, Iterator
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
    arrivals,
    check_in,
    check_in_all,
    close_check_in,
    confirm_walk_in,
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
from rsvp.recounts import tally_differences
from rsvp.services import cancellations, join_event, leave_event, rsvps
from rsvp.services.under_lock import snapshot
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import UserFactory, people
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import arrived, going, let_in, open_event, ticket

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

SCANNERS = 12


@pytest.fixture
def olive() -> User:
    return UserFactory.create(is_organizer=True)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (cancellations, arrivals, walk_ins, events):
        monkeypatch.setattr(module, "lock_tally", lambda pk: Tally.objects.get(pk=pk))
    for module in (cancellations, rsvps):
        monkeypatch.setattr(module, "lock_and_read", snapshot)


class Race:
    """Plays `round` on this many threads. It returns the event, and what the test checks."""

    threads = SCANNERS

    def round(self, rush: Rush, olive: User, *args: Any) -> tuple[Any, ...]:
        raise NotImplementedError

    def rounds(self, number: int, olive: User, *args: Any) -> Iterator[tuple[Any, ...]]:
        with rush_of(self.threads) as rush:
            for _ in rounds_of(number):
                yield self.round(rush, olive, *args)
        check_invariants()

    def goes_wrong(self, is_wrong: Callable[..., bool], olive: User, *args: Any) -> bool:
        """Return whether one of the control's rounds goes wrong; stop at the first."""
        with rush_of(self.threads) as rush:
            return any(is_wrong(*self.round(rush, olive, *args)) for _ in range(CONTROL_ROUNDS))


def miscounts(event: Event, *_: Any) -> bool:
    return event.pk in {difference.event_id for difference in tally_differences()}


def fails(event: Event, outcomes: list[Any]) -> bool:
    return bool(errors_other_than(outcomes))


class TestOneTicket(Race):
    """Twelve devices scan one ticket at once."""

    def round(self, rush: Rush, olive: User, *args: Any) -> tuple[Event, list[Any], int]:
        guests, people_per_scan = args
        event = open_event(created_by=olive)
        [ada] = people(1)
        scan = Scan(ticket(event, ada, guests=guests), people=people_per_scan)
        outcomes = rush([partial(check_in, event_id=event.pk, scan=scan, by=olive)] * SCANNERS)
        return event, outcomes, len([rsvp for rsvp in outcomes if isinstance(rsvp, Rsvp)])

    def test_ticket_checks_in_its_party_once(self, olive: User) -> None:
        for event, outcomes, times in self.rounds(100, olive, 2, None):
            assert errors_other_than(outcomes, AlreadyCheckedIn) == []
            assert (times, arrived(event)) == (1, 3)

    def test_ticket_checks_in_every_person_once(self, olive: User) -> None:
        for event, outcomes, times in self.rounds(50, olive, 2, 1):
            assert errors_other_than(outcomes, AlreadyCheckedIn) == []
            assert (times, arrived(event)) == (3, 3)
            assert CheckIn.objects.filter(event=event).count() == 3

    @pytest.mark.usefixtures("unlocked")
    def test_control_checks_in_a_party_again_without_the_lock(self, olive: User) -> None:
        assert self.goes_wrong(lambda event, outcomes, times: times > 1, olive, 0, None)


class TestWalkIns(Race):
    """Twelve people without a seat come to an event with three seats left."""

    def round(self, rush: Rush, olive: User, *crowd: User) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive, max_attendees=3)
        admit = partial(admit_walk_in, event_id=event.pk, by=olive)
        return event, rush([partial(admit, attendee=person) for person in crowd])

    def test_only_three_are_admitted(self, olive: User) -> None:
        for event, outcomes in self.rounds(50, olive, *people(SCANNERS)):
            assert errors_other_than(outcomes, NoSeatForWalkIn) == []
            assert arrived(event) == 3

    @pytest.mark.usefixtures("unlocked")
    def test_control_miscounts_without_the_lock(self, olive: User) -> None:
        def is_wrong(event: Event, _: Any) -> bool:
            return Rsvp.objects.filter(event=event, arrived__gte=1).count() != 3

        assert self.goes_wrong(is_wrong, olive, *people(SCANNERS))


class TestSameWalkIn(Race):
    """Twelve requests send one walk-in at once: the same person, the same instant."""

    def round(self, rush: Rush, olive: User, *_: Any) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        [sam] = people(1)
        walk_in: dict[str, Any] = {"attendee": sam, "people": 1, "at": timezone.now()}
        admit = partial(admit_walk_in, event_id=event.pk, by=olive, **walk_in)
        return event, rush([admit] * SCANNERS)

    def test_walk_in_is_admitted_once(self, olive: User) -> None:
        for event, outcomes in self.rounds(50, olive):
            assert errors_other_than(outcomes) == []
            assert arrived(event) == 1

    @pytest.mark.usefixtures("unlocked")
    def test_control_fails_without_the_lock(self, olive: User) -> None:
        assert self.goes_wrong(fails, olive)


class TestConfirming(Race):
    """A person confirms a walk-in, denies it, and RSVPs, while the organizer undoes it."""

    threads = 8

    def round(self, rush: Rush, olive: User, *names: str) -> tuple[Event, list[Any], User]:
        event = open_event(created_by=olive)
        [sam] = people(1)
        admit_walk_in(event_id=event.pk, attendee=sam, people=3, by=olive)
        params: dict[str, Any] = {"event_id": event.pk, "attendee": sam}
        actions: dict[str, Callable[[], Any]] = {
            "confirm": partial(confirm_walk_in, **params),
            "deny": partial(leave_event, **params),
            "join": partial(join_event, **params, guests=4),
            "undo": partial(undo_check_in, event_id=event.pk, scan=Scan(user_id=sam.pk), by=olive),
        }
        return event, rush([actions[name] for name in names for _ in range(2)]), sam

    def test_walk_in_is_confirmed_or_undone(self, olive: User) -> None:
        """In any order: the last state is one of two, and the person is notified of an undo."""
        for event, outcomes, sam in self.rounds(60, olive, "confirm", "undo"):
            assert errors_other_than(outcomes, WalkInNotFound, NotCheckedIn) == []
            rsvp = Rsvp.objects.get(event=event)
            was_confirmed = any(isinstance(outcome, Rsvp) for outcome in outcomes[:2])
            assert (rsvp.status, rsvp.arrived) == (Rsvp.Status.CANCELLED, 0)
            assert rsvp.is_confirmed == was_confirmed
            assert Notification.objects.filter(user=sam).count() == was_confirmed

    def test_confirming_and_joining_end_as_one_party(self, olive: User) -> None:
        for event, outcomes, _ in self.rounds(60, olive, "confirm", "join"):
            assert errors_other_than(outcomes, WalkInNotFound) == []
            rsvp = Rsvp.objects.get(event=event)
            assert (rsvp.is_confirmed, rsvp.guests, rsvp.arrived) == (True, 4, 3)

    def test_counts_match_the_rows_in_any_order(self, olive: User) -> None:
        for event, outcomes, _ in self.rounds(60, olive, "confirm", "deny", "undo", "join"):
            assert errors_other_than(outcomes, RuleBroken) == []
            rsvp = Rsvp.objects.get(event=event)
            assert rsvp.check_ins.aggregate(people=Sum("people"))["people"] == rsvp.arrived

    @pytest.mark.usefixtures("unlocked")
    def test_control_miscounts_without_the_lock(self, olive: User) -> None:
        assert self.goes_wrong(miscounts, olive, "confirm", "deny", "undo", "join")

    @pytest.mark.usefixtures("unlocked")
    def test_control_confirms_an_undone_walk_in_without_the_lock(self, olive: User) -> None:
        def is_wrong(event: Event, _: Any, sam: User) -> bool:
            rsvp = Rsvp.objects.get(event=event)
            is_notified = Notification.objects.filter(user=sam).exists()
            return rsvp.status != Rsvp.Status.CANCELLED or rsvp.is_confirmed != is_notified

        assert self.goes_wrong(is_wrong, olive, "confirm", "undo")


class TestSameWalkInByTicket(Race):
    """Twelve requests send one walk-in by a ticket at once: three more people, one instant."""

    def round(self, rush: Rush, olive: User, *_: Any) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        [ada] = people(1)
        walk_in: dict[str, Any] = {"code": ticket(event, ada), "people": 4, "at": timezone.now()}
        admit = partial(admit_guests, event_id=event.pk, by=olive, **walk_in)
        return event, rush([admit] * SCANNERS)

    def test_walk_in_is_admitted_once(self, olive: User) -> None:
        for event, outcomes in self.rounds(50, olive):
            assert errors_other_than(outcomes) == []
            assert arrived(event) == 4

    @pytest.mark.usefixtures("unlocked")
    def test_control_fails_without_the_locks(
        self, olive: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The lock of the person alone would also separate requests for the same person."""
        monkeypatch.setattr(walk_ins, "lock_attendee", lambda attendee: True)
        assert self.goes_wrong(fails, olive)


class TestUndoAndPromotion(Race):
    """A walk-in is undone while seats are given back: both promote from the same waitlist.

    A party of three is first on the waitlist, and passed over by a limit of two. One of them is a
    walk-in. The undo restores their position while the limit rises and others leave and join.
    """

    threads = 5

    def round(self, rush: Rush, olive: User, *_: Any) -> tuple[Event, list[Any], User]:
        event = open_event(created_by=olive, max_attendees=3)
        waiter, first, second, newcomer = people(4)
        going(event, first)
        going(event, waiter, guests=2)
        update_event(event_id=event.pk, changes={"max_attendees": 2})
        admit_walk_in(event_id=event.pk, attendee=waiter, people=1, by=olive)
        going(event, second)
        undo = partial(undo_check_in, event_id=event.pk, scan=Scan(user_id=waiter.pk), by=olive)
        outcomes = rush(
            [
                undo,
                undo,
                partial(leave_event, event_id=event.pk, attendee=first),
                partial(update_event, event_id=event.pk, changes={"max_attendees": 4}),
                partial(going, event, newcomer),
            ]
        )
        return event, outcomes, waiter

    def test_no_seat_is_lost_and_nobody_overtakes(self, olive: User) -> None:
        for event, outcomes, waiter in self.rounds(60, olive):
            assert errors_other_than(outcomes, NotCheckedIn) == []
            rsvp = Rsvp.objects.get(event=event, user=waiter)
            assert (rsvp.guests, rsvp.arrived) == (2, 0)
            if rsvp.status == Rsvp.Status.WAITLISTED:
                first = Rsvp.objects.waiting().filter(event=event)[0]
                assert rsvp.line_no == 1 or first == rsvp

    @pytest.mark.usefixtures("unlocked")
    def test_control_miscounts_without_the_lock(self, olive: User) -> None:
        assert self.goes_wrong(miscounts, olive)


class TestMoving(Race):
    """People are checked in while the event is moved to another date."""

    threads = 6

    def round(self, rush: Rush, olive: User, *_: Any) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        crowd = people(6)
        scans = [Scan(ticket(event, person), at=timezone.now()) for person in crowd]
        start = timezone.now() + timedelta(days=7)
        times = {"start_time": start, "end_time": start + timedelta(hours=2)}
        single = partial(check_in, event_id=event.pk, by=olive)
        batch = partial(check_in_all, event_id=event.pk, scans=scans[3:], by=olive)
        move = partial(update_event, event_id=event.pk, changes=times)
        return event, rush([*(partial(single, scan=s) for s in scans[:3]), move, batch, batch])

    def test_nobody_has_arrived_on_the_new_date(self, olive: User) -> None:
        """All scans were made before the move, so they belong to the former date in any order."""
        for event, outcomes in self.rounds(60, olive):
            assert errors_other_than(outcomes) == []
            assert arrived(event) == 0
            check_ins = CheckIn.objects.filter(event=event)
            assert (check_ins.count(), check_ins.current().count()) == (6, 0)

    @pytest.mark.usefixtures("unlocked")
    def test_control_checks_people_in_on_the_new_date_without_the_lock(self, olive: User) -> None:
        def is_wrong(event: Event, _: Any) -> bool:
            return CheckIn.objects.current().filter(event=event).exists() or arrived(event) > 0

        assert self.goes_wrong(is_wrong, olive)


class TestClosing(Race):
    """Check-in is closed while people are scanned: no scan is counted after the closing."""

    threads = 6

    def round(self, rush: Rush, olive: User, *_: Any) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        scans = [Scan(ticket(event, person)) for person in people(5)]
        single = partial(check_in, event_id=event.pk, by=olive)
        close = partial(close_check_in, event_id=event.pk)
        return event, rush([*(partial(single, scan=scan) for scan in scans), close])

    def is_late(self, event: Event, *_: Any) -> bool:
        closed_at = Tally.objects.get(pk=event.pk).check_in_closed_at
        assert closed_at
        return CheckIn.objects.filter(event=event, recorded_at__gt=closed_at).exists()

    def test_counted_scans_were_before_the_closing(self, olive: User) -> None:
        for event, outcomes in self.rounds(60, olive):
            refused = errors_other_than(outcomes)
            assert {type(error) for error in refused} <= {CheckInClosed}
            assert arrived(event) == 5 - len(refused)
            assert not self.is_late(event)

    @pytest.mark.usefixtures("unlocked")
    def test_control_counts_scans_after_the_closing_without_the_lock(self, olive: User) -> None:
        assert self.goes_wrong(self.is_late, olive)


class TestGivingBack(Race):
    """A seat is given back while its ticket is scanned: one of both happens, never both."""

    threads = 6

    def round(self, rush: Rush, olive: User, *_: Any) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        [ada] = people(1)
        code = ticket(event, ada)
        leave = partial(leave_event, event_id=event.pk, attendee=ada)
        scan = partial(check_in, event_id=event.pk, scan=Scan(code), by=olive)
        return event, rush([leave, scan] * 3)

    def test_nobody_is_checked_in_without_a_seat(self, olive: User) -> None:
        for event, outcomes in self.rounds(60, olive):
            assert errors_other_than(outcomes, RuleBroken) == []
            has_left = any(isinstance(outcome, HasArrived) for outcome in outcomes)
            assert (arrived(event) == 1) == has_left


class TestLists(Race):
    """Devices send overlapping lists of scans, while check-ins are undone."""

    threads = 6

    def round(self, rush: Rush, olive: User, *_: Any) -> tuple[Event, list[Any]]:
        event = open_event(created_by=olive)
        crowd = people(6)
        scans = [Scan(ticket(event, person)) for person in crowd]
        let_in(event, crowd[0], olive)
        send = partial(check_in_all, event_id=event.pk, by=olive)
        undo = partial(undo_check_in, event_id=event.pk, by=olive)
        actions: list[Any] = [
            partial(send, scans=scans),
            partial(send, scans=scans[::-1]),
            partial(send, scans=scans[2:]),
            partial(undo, scan=scans[0]),
            partial(undo, scan=scans[3]),
            partial(going, event, crowd[1], guests=1),
        ]
        return event, rush(actions)

    def test_counts_match_the_rows(self, olive: User) -> None:
        for _, outcomes in self.rounds(30, olive):
            assert errors_other_than(outcomes, RuleBroken) == []
