"""Races for the seats of whole series on PostgreSQL, with a control that deadlocks."""

import random
from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from accounts.services.lifecycle import deactivate
from core.errors import RuleBroken
from events.models import Event, Series, Tally
from events.series.changes import update_series
from events.series.endings import cancel_series
from events.services.tallies import lock_tally
from rsvp.models import Rsvp
from rsvp.services import (
    join_event,
    join_series,
    leave_event,
    leave_series,
    mark_interested_in_series,
)
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rush_of
from tests.factories import UserFactory, people
from tests.invariants import check_invariants
from tests.rsvp.dates import series_with

pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db(transaction=True),
]

ROUNDS = 6
DATES = 5


@pytest.fixture
def olive() -> User:
    return UserFactory.create(is_organizer=True)


def mixed_actions(
    series: Series, dates: list[Event], crowd: list[User], chance: random.Random
) -> list[Any]:
    """Return the actions of people and the organizer at the same time."""
    actions: list[Any] = []
    for person in crowd:
        all_dates: dict[str, Any] = {"series_id": series.pk, "attendee": person}
        one: dict[str, Any] = {"event_id": chance.choice(dates).pk, "attendee": person}
        actions += chance.sample(
            [
                partial(join_series, **all_dates),
                partial(join_series, **all_dates, guests=chance.randrange(3)),
                partial(join_series, **all_dates, may_wait=False),
                partial(mark_interested_in_series, **all_dates),
                partial(leave_series, **all_dates),
                partial(join_event, **one, guests=1),
                partial(leave_event, **one),
            ],
            2,
        )
    for seats in chance.sample([2, 3, 5, 8, None], 2):
        actions.append(
            partial(update_series, series_id=series.pk, changes={"max_attendees": seats})
        )
    place = {"location": f"Room {chance.random()}"}
    actions.append(partial(update_series, series_id=series.pk, changes=place))
    chance.shuffle(actions)
    return actions


def rounds(olive: User, rush: Rush, number: int) -> list[Exception]:
    """Return the errors in this many rounds, such as an oversold date or a lost count."""
    crowd = people(6)
    broken: list[Exception] = []
    for seed in range(number):
        chance = random.Random(seed)
        series, dates = series_with(olive, *[3] * DATES)
        for person in chance.sample(crowd, 3):
            join_series(series_id=series.pk, attendee=person)
        broken += errors_other_than(rush(mixed_actions(series, dates, crowd, chance)), RuleBroken)
        check_invariants()
        if broken:
            break  # PostgreSQL needs a second to detect a deadlock
    return broken


def test_series_and_single_dates_never_deadlock_nor_oversell(olive: User) -> None:
    with rush_of(15) as rush:
        assert rounds(olive, rush, ROUNDS) == []


def test_control_deadlocks_when_dates_are_locked_in_any_order(
    olive: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_any_order(event_ids: Iterable[int]) -> dict[int, Tally]:
        ids = list(event_ids)
        random.shuffle(ids)
        return {event_id: lock_tally(event_id) for event_id in ids}

    monkeypatch.setattr("rsvp.services.series.lock_tallies", in_any_order)
    with rush_of(15) as rush:
        [first, *_] = rounds(olive, rush, CONTROL_ROUNDS)
    assert "deadlock detected" in str(first)


def test_nobody_gets_seats_of_a_cancelled_series(olive: User) -> None:
    crowd = people(10)
    with rush_of(11) as rush:
        for _ in range(3):
            series, dates = series_with(olive, *[None] * DATES)
            joins = [partial(join_series, series_id=series.pk, attendee=p) for p in crowd]
            end = partial(cancel_series, series_id=series.pk)
            outcomes = rush([*joins[:5], end, *joins[5:]])
            assert errors_other_than(outcomes, RuleBroken) == []
            got_in = sum(isinstance(outcome, list) for outcome in outcomes)
            # All dates or none: nobody has seats for only some of them.
            assert [Tally.objects.get(pk=event.pk).going for event in dates] == [got_in] * DATES


def test_deactivated_person_keeps_no_seat(olive: User) -> None:
    with rush_of(2) as rush:
        for _ in range(10):
            [person] = people(1)
            series, _ = series_with(olive, *[2] * DATES)
            join = partial(join_series, series_id=series.pk, attendee=person)
            outcomes = rush([join, partial(deactivate, user=person)])
            assert errors_other_than(outcomes, RuleBroken) == []
            assert not Rsvp.objects.live().filter(user=person).exists()
    check_invariants()
