"""Races for the seats of a full event by people who do not wait.

The control reads the tally before the rest, which a race can change in between.
"""

import random
import time
from functools import partial

import pytest
from django.db import OperationalError, transaction
from pytest_django.fixtures import Settings

from accounts.models import User
from events.models import Tally
from events.services.tallies import lock_tally
from rsvp.exceptions import EventFull
from rsvp.services import join_event, leave_event, rsvps
from rsvp.services.under_lock import Reading, snapshot
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import EventFactory, people
from tests.invariants import check_invariants

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]


class TestRefusedWithoutTheLock:
    """A full event refuses people who do not wait, without taking the lock."""

    def test_fifty_for_ten_without_waiting(self) -> None:
        crowd = people(50)
        with rush_of(50) as rush:
            for _ in rounds_of(50):
                event = EventFactory.create(max_attendees=10)
                join = partial(join_event, event_id=event.pk, may_wait=False)
                outcomes = rush([partial(join, attendee=person) for person in crowd])
                assert errors_other_than(outcomes, EventFull) == []
                assert len(errors_other_than(outcomes)) == 40
                tally = Tally.objects.get(pk=event.pk)
                assert (tally.going, tally.waiting) == (10, 0)
        check_invariants()

    @pytest.mark.parametrize(
        ("may_wait", "refusal"), [(False, EventFull), (True, OperationalError)], ids=["no", "yes"]
    )
    def test_only_those_who_wait_need_the_lock(
        self, settings: Settings, may_wait: bool, refusal: type[Exception]
    ) -> None:
        settings.DATABASE_LOCK_TIMEOUT_S = 0.2
        event = EventFactory.create(max_attendees=1)
        [holder, late] = people(2)
        join_event(event_id=event.pk, attendee=holder)
        join = partial(join_event, event_id=event.pk, attendee=late, may_wait=may_wait)
        with rush_of(1) as rush, transaction.atomic():
            lock_tally(event.pk)
            [outcome] = rush([join])
        assert isinstance(outcome, refusal)

    def round(self, rush: Rush, person: User) -> list[Exception]:
        """One person takes and leaves the last seat, and asks for it on another device.

        At every instant the event has a free seat, or this person has a seat: no refusal is true.
        """
        event = EventFactory.create(max_attendees=1)

        def toggle() -> None:
            for _ in range(5):
                join_event(event_id=event.pk, attendee=person)
                leave_event(event_id=event.pk, attendee=person)

        def ask() -> None:
            for _ in range(15):
                join_event(event_id=event.pk, attendee=person, may_wait=False)

        return errors_other_than(rush([toggle, ask]))

    def test_refusal_is_true_of_an_instant(self) -> None:
        [person] = people(1)
        with rush_of(2) as rush:
            for _ in rounds_of(100):
                assert self.round(rush, person) == []
        check_invariants()

    def test_control_refuses_wrongly_when_the_tally_is_read_before(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def read_twice(event_id: int, attendee: User) -> Reading:
            tally = Tally.objects.get(pk=event_id)
            time.sleep(random.uniform(0, 0.005))
            return snapshot(event_id, attendee)._replace(tally=tally)

        monkeypatch.setattr(rsvps, "snapshot", read_twice)
        [person] = people(1)
        with rush_of(2) as rush:
            assert any(self.round(rush, person) for _ in range(CONTROL_ROUNDS))
