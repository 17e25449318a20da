"""Limit the threads of this process that wait for the lock on one event's tally.

Otherwise a tally that stays locked would take up all request threads and block every other event.
While threads get the lock one after the other, any number of them may wait: one at the database,
the others here. Each one at the database slows down the thread that has the lock, because all their
processes and threads are woken in turn (docs/adr/0033: an eighth more RSVPs a second).
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from django.conf import settings
from django.db import OperationalError, connection

from core.database.errors import is_busy
from core.database.timeouts import current, timeouts
from core.errors import Busy

# A queue is stuck if no thread got the lock for this time.
STUCK_AFTER_S = 1.0
# For a thread whose turn comes at the end of its timeout.
_LEAST_WAIT_S = 0.05
# The most queues that are kept without waiting threads, because their last wait timed out.
_MOST_STUCK = 1000

_guard = Lock()
_queues: dict[int, "_Queue"] = {}


@dataclass(slots=True)
class _Queue:
    moved_at: float
    waiting: int = 0
    turn: Lock = field(default_factory=Lock)


@contextmanager
def waiting_for_tallies(event_ids: Iterable[int]) -> Iterator[None]:
    """Count this thread as waiting while the block takes the locks of these events.

    If WAITERS_PER_EVENT threads already wait for an event, the block waits half as long as usual,
    or raises Busy at once if the queue is stuck.
    """
    ids = set(event_ids)
    with _guard:
        is_late = _join(ids)
    has_moved = True
    try:
        with timeouts(lock_s=settings.DATABASE_LOCK_TIMEOUT_S / 2 if is_late else None), _turn(ids):
            yield
    except Busy:
        has_moved = False
        raise
    except OperationalError as error:
        has_moved = not is_busy(error)
        raise
    finally:
        with _guard:
            _leave(ids, has_moved=has_moved)


def _join(ids: set[int]) -> bool:
    """Return whether one of the queues is long. Raises Busy."""
    now = time.monotonic()
    long = [queue for pk in ids if (queue := _queues.get(pk)) and _is_long(queue)]
    if any(now - queue.moved_at >= STUCK_AFTER_S for queue in long):
        raise Busy
    for event_id in ids:
        _queues.setdefault(event_id, _Queue(now)).waiting += 1
    return bool(long)


@contextmanager
def _turn(ids: set[int]) -> Iterator[None]:
    """Let one thread at a time wait for the lock of a single event at the database.

    Only threads without locks wait for their turn, so that nobody waits for locks of theirs. The
    wait is part of the lock timeout. Raises Busy at its end.
    """
    if len(ids) != 1 or not _holds_no_locks():
        yield
        return
    [queue] = (_queues[pk] for pk in ids)
    began, lock_s = time.monotonic(), current().lock_ms / 1000
    if not queue.turn.acquire(timeout=lock_s or -1):
        raise Busy
    try:
        left_s = max(began + lock_s - time.monotonic(), _LEAST_WAIT_S)
        # Each change of the timeout is sent to PostgreSQL, so it is changed only if it matters.
        with timeouts(lock_s=left_s if left_s < lock_s / 2 else None):
            yield
    finally:
        queue.turn.release()


def _holds_no_locks() -> bool:
    """Return whether the transaction has not begun; SQLite has a single lock, for all tables."""
    is_postgresql = connection.vendor == "postgresql"
    return is_postgresql and not connection.has_begun()  # type: ignore[attr-defined]


def _is_long(queue: _Queue) -> bool:
    return bool(queue.waiting >= settings.WAITERS_PER_EVENT)


def _leave(ids: set[int], *, has_moved: bool) -> None:
    now = time.monotonic()
    for event_id in ids:
        queue = _queues[event_id]
        queue.waiting -= 1
        if has_moved:
            queue.moved_at = now
            if not queue.waiting:
                del _queues[event_id]
    if len(_queues) > _MOST_STUCK:
        for event_id in [pk for pk, queue in _queues.items() if not queue.waiting]:
            del _queues[event_id]
