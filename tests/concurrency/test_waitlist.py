"""Positions on the waitlist under load, also beside processes of the previous version.

The controls remove the guards: the lock, and the trigger of PostgreSQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from events.models import Event
from rsvp.recounts import tally_differences
from rsvp.services import join_event, leave_event, rsvps
from rsvp.services.under_lock import snapshot
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, rounds_of, rush_of
from tests.factories import EventFactory, fill, people
from tests.invariants import check_invariants, numbered_waitlist
from tests.rsvp import previous_version

pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db(transaction=True),
]


def round_of(rush: Rush, crowd: list[User], every_other: Any = join_event) -> tuple[Event, int]:
    """Have all people join a full event at once; return how many were told a wrong position."""
    event = EventFactory.create(max_attendees=1)
    fill(event, 1)
    joins = [
        partial(every_other if number % 2 else join_event, event_id=event.pk, attendee=person)
        for number, person in enumerate(crowd)
    ]
    outcomes = rush(joins)
    positions = numbered_waitlist(event)
    wrong = [
        outcome
        for outcome in outcomes
        if isinstance(outcome, Exception)
        or (outcome and outcome[0].waitlist_position != positions[outcome[0].pk])
    ]
    return event, len(wrong)


class TestPositions:
    def test_positions_are_true(self) -> None:
        crowd = people(20)
        with rush_of(20) as rush:
            for _ in rounds_of(50):
                assert round_of(rush, crowd)[1] == 0
        check_invariants()

    def test_control_repeats_positions_without_the_lock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rsvps, "lock_and_read", snapshot)
        crowd = people(20)
        with rush_of(20) as rush:
            assert any(round_of(rush, crowd)[1] for _ in range(CONTROL_ROUNDS))

    def test_people_who_leave_and_come_back_keep_the_count(self) -> None:
        event = EventFactory.create(max_attendees=2)
        crowd = people(12)
        with rush_of(12) as rush:
            for _ in rounds_of(50):
                rush([partial(join_event, event_id=event.pk, attendee=p) for p in crowd])
                rush([partial(leave_event, event_id=event.pk, attendee=p) for p in crowd[::2]])
                check_invariants()


class TestPreviousVersion:
    """Half of the processes run the previous version, as in a rolling deploy."""

    def test_positions_are_true(self) -> None:
        crowd = people(20)
        with rush_of(20) as rush:
            for _ in rounds_of(50):
                assert round_of(rush, crowd, previous_version.join_waitlist)[1] == 0
        check_invariants()

    def test_control_counts_wrongly_without_the_trigger(self) -> None:
        crowd = people(20)
        with rush_of(20) as rush, without_the_trigger():
            assert any(
                round_of(rush, crowd, previous_version.join_waitlist)[1]
                for _ in range(CONTROL_ROUNDS)
            )
        assert list(tally_differences()) != []


@contextmanager
def without_the_trigger() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_tally DISABLE TRIGGER forget_waitlist_length")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE events_tally ENABLE TRIGGER forget_waitlist_length")
