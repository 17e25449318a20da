"""Limit the threads of this process that wait for the lock on one event's tally.

Otherwise a tally that stays locked would take up all request threads and block every other event.
While threads get the lock one after the other, any number of them may wait.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from django.conf import settings
from django.db import OperationalError

from core.database.errors import is_busy
from core.database.timeouts import timeouts
from core.errors import Busy

# A queue is stuck if no thread got the lock for this time.
STUCK_AFTER_S = 1.0
# The most queues that are kept without waiting threads, because their last wait timed out.
_MOST_STUCK = 1000

_guard = Lock()
_queues: dict[int, "_Queue"] = {}


@dataclass(slots=True)
class _Queue:
    moved_at: float
    waiting: int = 0


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
        with timeouts(lock_s=settings.DATABASE_LOCK_TIMEOUT_S / 2 if is_late else None):
            yield
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
