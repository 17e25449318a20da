"""Requests that wait for one event's tally leave threads to the others."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import OperationalError
from django.test.utils import override_settings

from core.database.timeouts import current
from core.errors import Busy
from events.services import lock_waiters
from events.services.lock_waiters import STUCK_AFTER_S, waiting_for_tallies

pytestmark = pytest.mark.both

LONG = STUCK_AFTER_S + 0.1


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(lock_waiters, "time", clock)
    with override_settings(WAITERS_PER_EVENT=2, DATABASE_LOCK_TIMEOUT_S=3):
        yield clock
    assert all(not line.waiting for line in lock_waiters._queues.values())
    lock_waiters._queues.clear()


def wait_in_vain(event_id: int) -> None:
    class LockNotAvailable(Exception):  # noqa: N818
        pgcode = "55P03"

    with pytest.raises(OperationalError), waiting_for_tallies([event_id]):
        raise OperationalError from LockNotAvailable()


@pytest.fixture
def two_wait() -> Iterator[Any]:
    with ExitStack() as waiting:
        for _ in range(2):
            waiting.enter_context(waiting_for_tallies([7]))
        yield waiting


@pytest.mark.usefixtures("two_wait")
class TestALineThatIsFull:
    def test_more_may_wait_half_as_long_while_it_moves(self) -> None:
        with waiting_for_tallies([7]):
            assert current().lock_ms == 1500

    def test_nobody_more_waits_once_it_stands_still(self, clock: Clock) -> None:
        clock.now += LONG
        with pytest.raises(Busy), waiting_for_tallies([7]):
            pass

    def test_neither_for_a_series_that_it_is_part_of(self, clock: Clock) -> None:
        clock.now += LONG
        with pytest.raises(Busy), waiting_for_tallies([6, 7, 8]):
            pass
        assert set(lock_waiters._queues) == {7}

    def test_other_events_go_on(self, clock: Clock) -> None:
        clock.now += LONG
        with waiting_for_tallies([8]):
            assert current().lock_ms == 3000

    def test_a_lock_that_was_got_moves_it(self, clock: Clock) -> None:
        with waiting_for_tallies([7]):
            clock.now += LONG
        with waiting_for_tallies([7]):
            pass


def test_a_rush_without_a_wait_is_never_refused(clock: Clock) -> None:
    for _ in range(100):
        clock.now += LONG
        with waiting_for_tallies([7]):
            assert current().lock_ms == 3000


def test_a_line_in_which_somebody_waited_in_vain_is_remembered(
    clock: Clock,
) -> None:
    """Else the next ones would take all threads again."""
    wait_in_vain(7)
    clock.now += LONG
    with ExitStack() as waiting:
        waiting.enter_context(waiting_for_tallies([7]))
        waiting.enter_context(waiting_for_tallies([7]))
        with pytest.raises(Busy), waiting_for_tallies([7]):
            pass


def test_nothing_is_kept_of_lines_that_moved() -> None:
    with waiting_for_tallies([7, 8]):
        pass
    assert lock_waiters._queues == {}


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_waiters, "_MOST_STUCK", 10)
    for event_id in range(100):
        wait_in_vain(event_id)
    assert len(lock_waiters._queues) <= 10
