"""Limit on the threads that wait for the tally of one event."""

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
    # A test before can have left a queue whose last wait timed out.
    monkeypatch.setattr(lock_waiters, "_queues", {})
    # Here one thread plays all of them, and can't wait for itself.
    monkeypatch.setattr(lock_waiters, "_holds_no_locks", lambda: False)
    with override_settings(WAITERS_PER_EVENT=2, DATABASE_LOCK_TIMEOUT_S=3):
        yield clock
    assert all(not queue.waiting for queue in lock_waiters._queues.values())


def time_out(event_id: int) -> None:
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
class TestFullQueue:
    def test_more_may_wait_half_as_long_while_it_moves(self) -> None:
        with waiting_for_tallies([7]):
            assert current().lock_ms == 1500

    def test_no_more_threads_wait_once_it_is_stuck(self, clock: Clock) -> None:
        clock.now += LONG
        with pytest.raises(Busy), waiting_for_tallies([7]):
            pass

    def test_no_thread_waits_for_a_series_with_it(self, clock: Clock) -> None:
        clock.now += LONG
        with pytest.raises(Busy), waiting_for_tallies([6, 7, 8]):
            pass
        assert set(lock_waiters._queues) == {7}

    def test_other_events_are_not_affected(self, clock: Clock) -> None:
        clock.now += LONG
        with waiting_for_tallies([8]):
            assert current().lock_ms == 3000

    def test_a_granted_lock_moves_it(self, clock: Clock) -> None:
        with waiting_for_tallies([7]):
            clock.now += LONG
        with waiting_for_tallies([7]):
            pass


def test_a_rush_without_a_wait_is_never_refused(clock: Clock) -> None:
    for _ in range(100):
        clock.now += LONG
        with waiting_for_tallies([7]):
            assert current().lock_ms == 3000


def test_a_queue_with_a_timeout_is_remembered(
    clock: Clock,
) -> None:
    """Otherwise the next ones would take up all threads again."""
    time_out(7)
    clock.now += LONG
    with ExitStack() as waiting:
        waiting.enter_context(waiting_for_tallies([7]))
        waiting.enter_context(waiting_for_tallies([7]))
        with pytest.raises(Busy), waiting_for_tallies([7]):
            pass


def test_moving_queues_are_not_kept() -> None:
    with waiting_for_tallies([7, 8]):
        pass
    assert lock_waiters._queues == {}


def test_kept_queues_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_waiters, "_MOST_STUCK", 10)
    for event_id in range(100):
        time_out(event_id)
    assert len(lock_waiters._queues) <= 10


class LateTurn:
    """The turn of a thread, which comes after `wait_s` if the thread waits so long."""

    def __init__(self, clock: Clock, wait_s: float) -> None:
        self.clock, self.wait_s = clock, wait_s
        self.is_taken = False

    def acquire(self, *, timeout: float) -> bool:
        self.clock.now += min(self.wait_s, timeout)
        self.is_taken = self.wait_s < timeout
        return self.is_taken

    def release(self) -> None:
        assert self.is_taken
        self.is_taken = False


@pytest.fixture
def takes_turns(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(lock_waiters, "_holds_no_locks", lambda: True)


def late_turn(clock: Clock, wait_s: float) -> LateTurn:
    turn: Any = LateTurn(clock, wait_s)
    lock_waiters._queues[7] = lock_waiters._Queue(clock.now, turn=turn)
    return turn


@pytest.mark.usefixtures("takes_turns")
class TestTurns:
    @pytest.mark.parametrize(("wait_s", "left_ms"), [(0, 3000), (1, 3000), (2, 1000), (2.99, 50)])
    def test_wait_for_a_turn_is_part_of_the_timeout(
        self, clock: Clock, wait_s: float, left_ms: int
    ) -> None:
        """Up to half of the timeout may be waited twice: each change costs a statement."""
        turn = late_turn(clock, wait_s)
        with waiting_for_tallies([7]):
            assert current().lock_ms == left_ms
        assert not turn.is_taken

    def test_turn_that_does_not_come_in_time_is_busy(self, clock: Clock) -> None:
        late_turn(clock, 3)
        with pytest.raises(Busy), waiting_for_tallies([7]):
            pass
        assert clock.now == 1003

    def test_series_takes_no_turn(self, clock: Clock) -> None:
        late_turn(clock, 3)
        with waiting_for_tallies([6, 7]):
            assert clock.now == 1000
