"""Races of erasures on PostgreSQL: for seats, with each other, and between the last admins.

Includes a control that fails without its guard.
"""

import random
import time
from functools import partial
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet

from accounts.exceptions import LastAdmin
from accounts.models import User
from accounts.services import erasure
from accounts.services.erasure import erase
from accounts.services.sessions import end_all_sessions
from accounts.signals import account_erased
from core.errors import RuleBroken
from events.models import Event, Tally
from events.services.events import update_event
from notifications.models import Notification
from rsvp.exceptions import AccountInactive
from rsvp.models import Rsvp, RsvpChange
from rsvp.services import join_event, leave_event
from tests.client import access_token
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import EventFactory, UserFactory, people
from tests.invariants import check_invariants

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

Status = Rsvp.Status


def is_gone(person: User) -> bool:
    account = User.objects.get(pk=person.pk)
    return (
        account.erased_at is not None
        and account.username.startswith("deleted-")
        and not Rsvp.objects.live().filter(user=person).exists()
        and not Notification.objects.filter(user=person).exists()
    )


class TestAttendeeErased:
    """A user with seats is erased while twenty others join and leave the event."""

    def round(self, rush: Rush, crowd: list[User], number: int) -> None:
        [person] = people(1)
        event = EventFactory.create(max_attendees=5)
        for attendee in [person, *crowd[:8]]:
            join_event(event_id=event.pk, attendee=attendee, guests=1 if attendee == person else 0)
        actions: list[Any] = [
            partial(join_event, event_id=event.pk, attendee=attendee, guests=number % 3)
            for attendee in crowd
        ]
        actions += [
            partial(leave_event, event_id=event.pk, attendee=attendee) for attendee in crowd[:4]
        ]
        actions += [partial(erase, user_id=person.pk)]
        # The user also joins from another device: refused, or undone.
        actions += [partial(join_event, event_id=event.pk, attendee=person)] * 2
        random.Random(number).shuffle(actions)
        assert errors_other_than(rush(actions), RuleBroken) == []
        assert is_gone(person)
        check_invariants()

    def test_no_seat_is_oversold_or_lost(self) -> None:
        crowd = people(20)
        with rush_of(27) as rush:
            for number in rounds_of(100):
                self.round(rush, crowd, number)


class TestOrganizerErased:
    """An organizer is erased while people join, and while the organizer's own changes run."""

    def test_future_events_are_cancelled_without_deadlocks(self) -> None:
        crowd = people(10)
        with rush_of(25) as rush:
            for number in rounds_of(50):
                organizer = UserFactory.create(is_organizer=True)
                events = EventFactory.create_batch(2, created_by=organizer, max_attendees=3)
                draft = EventFactory.create(created_by=organizer, status=Event.Status.DRAFT)
                actions: list[Any] = [
                    partial(join_event, event_id=events[attendee.pk % 2].pk, attendee=attendee)
                    for attendee in crowd
                ]
                changes: list[dict[str, Any]] = [
                    {"max_attendees": 8},
                    {"location": f"Elsewhere {number}"},
                ]
                for event in events:
                    actions += [
                        partial(update_event, event_id=event.pk, changes=change)
                        for change in changes
                    ]
                publish = {"status": Event.Status.PUBLISHED}
                actions += [partial(update_event, event_id=draft.pk, changes=publish)]
                actions += [partial(erase, user_id=organizer.pk)]
                random.Random(number).shuffle(actions)
                assert errors_other_than(rush(actions), RuleBroken) == []
                assert is_gone(organizer)
                assert not Event.objects.filter(created_by=organizer).exists()
                left = Event.objects.filter(pk__in=[*(e.pk for e in events), draft.pk])
                assert {event.status for event in left} == {Event.Status.CANCELLED}
                check_invariants()


class TestSimultaneousErasures:
    def test_account_is_erased_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        finished: list[int] = []
        finish = erasure.finish_erasure

        def finish_and_note(*, user_id: int) -> None:
            finished.append(user_id)
            finish(user_id=user_id)

        monkeypatch.setattr(erasure, "finish_erasure", finish_and_note)
        with rush_of(4) as rush:
            for _ in rounds_of(50):
                [person] = people(1)
                event = EventFactory.create(max_attendees=1)
                join_event(event_id=event.pk, attendee=person)
                outcomes = rush([partial(erase, user_id=person.pk)] * 4)
                assert errors_other_than(outcomes) == []
                assert finished.count(person.pk) == 1
                assert is_gone(person)
                changes = RsvpChange.objects.filter(event=event).order_by("id")
                assert [change.to_status for change in changes] == [Status.GOING, Status.CANCELLED]
                assert Tally.objects.get(pk=event.pk).going == 0

    def test_repeated_steps_change_nothing_twice(self) -> None:
        """A second task starts because the first one seems dead, and it is not."""
        with rush_of(3) as rush:
            for _ in rounds_of(50):
                organizer = UserFactory.create(is_organizer=True)
                events = EventFactory.create_batch(3, created_by=organizer)
                EventFactory.create(created_by=organizer, status=Event.Status.DRAFT)
                for event in EventFactory.create_batch(3):
                    join_event(event_id=event.pk, attendee=organizer)
                erasure._end_account(organizer.pk)
                finish = partial(erasure.finish_erasure, user_id=organizer.pk)
                assert errors_other_than(rush([finish] * 3)) == []
                assert is_gone(organizer)
                assert RsvpChange.objects.filter(rsvp__user=organizer).count() == 6
                states = Event.objects.filter(pk__in=[event.pk for event in events])
                assert set(states.values_list("status", "sequence")) == {("cancelled", 1)}
                assert not LogEntry.objects.exists()
        check_invariants()


class TestLastAdmins:
    """The only two admins erase themselves at the same instant."""

    @pytest.fixture(autouse=True)
    def slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Widen the gap between the search for another admin and the commit."""

        def end_slowly(*, user: User) -> None:
            time.sleep(0.02)
            end_all_sessions(user=user)

        monkeypatch.setattr("accounts.services.erasure.end_all_sessions", end_slowly)

    def round(self, rush: Rush) -> int:
        User.objects.filter(is_superuser=True).update(is_superuser=False)
        admins = [UserFactory.create(is_superuser=True) for _ in range(2)]
        outcomes = rush([partial(erase, user_id=admin.pk) for admin in admins])
        assert errors_other_than(outcomes, LastAdmin) == []
        return User.objects.filter(is_superuser=True, is_active=True).count()

    def test_one_admin_stays(self) -> None:
        with rush_of(2) as rush:
            assert {self.round(rush) for _ in rounds_of(100)} == {1}

    def test_control_erases_both_admins_without_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows.all())
        with rush_of(2) as rush:
            assert any(self.round(rush) == 0 for _ in range(CONTROL_ROUNDS))


def test_stale_request_cannot_join_after_the_erasure() -> None:
    """A request that was authenticated before the erasure is refused under the lock."""
    event = EventFactory.create()
    [person] = people(1)
    access_token(person)
    stale = User.objects.get(pk=person.pk)
    erase(user_id=person.pk)
    with pytest.raises(AccountInactive):
        join_event(event_id=event.pk, attendee=stale)


def test_signal_is_sent_after_the_account_has_ended() -> None:
    was_active: list[bool] = []

    def receive(*, user: User, **_: Any) -> None:
        was_active.append(User.objects.get(pk=user.pk).is_active)

    account_erased.connect(receive)
    try:
        [person] = people(1)
        erase(user_id=person.pk)
    finally:
        account_erased.disconnect(receive)
    assert was_active == [False]
