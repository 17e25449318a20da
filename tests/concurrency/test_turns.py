"""Of the threads of a process, one waits for the lock of an event at the database."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import override_settings

from accounts.models import User
from events.models import Event, Tally
from events.services import lock_waiters
from events.services.tallies import lock_tally
from rsvp.services import join_event
from tests.concurrency.rush import Rush, rush_of
from tests.factories import EventFactory, people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real]

THREADS = 6


@pytest.fixture(autouse=True)
def found_function(transactional_db: None) -> None:
    """The first RSVP of a process looks for the function, and its transaction begins with that."""
    [person] = people(1)
    join_event(event_id=EventFactory.create().pk, attendee=person)


def waiting_at_the_database() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # of this transaction
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        [(number,)] = cursor.fetchall()
    return int(number)


@contextmanager
def joining(rush: Rush, event: Event) -> Iterator[list[Any]]:
    """Let people join an event whose lock the caller has; their outcomes are there at the end."""
    actions = [partial(join_event, event_id=event.pk, attendee=who) for who in people(THREADS)]
    outcomes: list[Any] = []
    thread = Thread(target=lambda: outcomes.extend(rush(actions)))
    try:
        with transaction.atomic():
            lock_tally(event.pk)
            thread.start()
            while not (queue := lock_waiters._queues.get(event.pk)) or queue.waiting < THREADS:
                time.sleep(0.01)
            yield outcomes
    finally:
        thread.join()


@pytest.mark.parametrize("takes_turns", [True, False], ids=["turns", "control"])
def test_one_thread_waits_at_the_database(
    monkeypatch: pytest.MonkeyPatch, takes_turns: bool
) -> None:
    if not takes_turns:
        monkeypatch.setattr(lock_waiters, "_holds_no_locks", lambda: False)
    event = EventFactory.create()
    with rush_of(THREADS) as rush:
        with joining(rush, event) as outcomes:
            expected = 1 if takes_turns else THREADS
            while waiting_at_the_database() < expected:
                time.sleep(0.01)
            assert {waiting_at_the_database() for _ in range(20)} == {expected}
        assert [is_new for _, is_new in outcomes] == [True] * THREADS
    assert Tally.objects.get(pk=event.pk).going == THREADS


def test_thread_that_has_the_lock_takes_it_again_at_once() -> None:
    event = EventFactory.create()
    with rush_of(THREADS) as rush, joining(rush, event) as outcomes:
        lock_tally(event.pk)
        assert outcomes == []


@override_settings(DATABASE_LOCK_TIMEOUT_S=2)
def test_people_behind_a_refused_one_join() -> None:
    """The first has the event's lock, and waits in vain for the row of the person."""
    event = EventFactory.create()
    first, *others = (partial(join_event, event_id=event.pk, attendee=who) for who in people(3))
    with rush_of(3) as rush, transaction.atomic():
        User.objects.select_for_update().get(pk=first.keywords["attendee"].pk)
        refused = rush.pool.submit(first)
        while not waiting_at_the_database():
            time.sleep(0.01)
        time.sleep(1.5)  # so that their timeout ends later
        outcomes = [rush.pool.submit(other) for other in others]
        assert isinstance(refused.exception(), OperationalError)
        assert [is_new for _, is_new in (outcome.result() for outcome in outcomes)] == [True, True]
    assert Tally.objects.get(pk=event.pk).going == 2
