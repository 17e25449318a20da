"""Races: an event is published again while people leave and join, on PostgreSQL."""

from functools import partial
from time import sleep
from typing import Any

import pytest

from accounts.models import User
from core.errors import RuleBroken
from events.models import Event, Tally
from events.services.events import cancel_event, publish_event
from rsvp.services import join_event, leave_event
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.concurrency.test_seats import invariants_hold, unlocked
from tests.factories import EventFactory, people
from tests.invariants import check_invariants

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]


def play_round(rush: Rush, crowd: list[User]) -> tuple[Event, list[Any]]:
    """Publish the event again while three people leave, four wait and two join."""
    event = EventFactory.create(max_attendees=3)
    for person in crowd[:7]:
        join_event(event_id=event.pk, attendee=person)
    cancel_event(event_id=event.pk)
    leaves = [partial(leave_event, event_id=event.pk, attendee=person) for person in crowd[:3]]
    joins = [partial(join_event, event_id=event.pk, attendee=person) for person in crowd[7:9]]
    publish = partial(publish_event, event_id=event.pk)
    return event, rush([leaves[0], joins[0], publish, leaves[1], joins[1], leaves[2]])


def test_seats_given_up_meanwhile_go_to_the_waitlist() -> None:
    crowd = people(9)
    with rush_of(6) as rush:
        for _ in rounds_of(100):
            event, outcomes = play_round(rush, crowd)
            assert errors_other_than(outcomes, RuleBroken) == []
            check_invariants()
            assert Tally.objects.get(pk=event.pk).going == 3


def read_early(event_id: int) -> Tally:
    """Read the tally without its lock, long before the decision is written."""
    tally = unlocked(event_id)
    sleep(0.05)
    return tally


def test_control_leaves_seats_free_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.services.events.lock_tally", read_early)
    crowd = people(9)
    broken = 0
    with rush_of(6) as rush:
        for _ in range(CONTROL_ROUNDS):
            _, outcomes = play_round(rush, crowd)
            broken += bool(errors_other_than(outcomes, RuleBroken)) or not invariants_hold()
            if broken:
                break
    assert broken > 0
