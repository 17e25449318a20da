"""Limits the threads of this process that wait for the tally of one event.

A tally that stays locked would otherwise take all request threads, one after the other, and block
every other event. Many requests alone are not refused: while threads get the lock one after the
other, all of them may wait.
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

# A line is stuck when no thread has got the lock for so many seconds.
STANDS_STILL_S = 1.0
# How many lines are kept without waiting threads, because their last wait timed out.
_MOST_STUCK = 1000

_guard = Lock()
_lines: dict[int, "_Line"] = {}


@dataclass(slots=True)
class _Line:
    moved_at: float
    waiting: int = 0


@contextmanager
def waiting_for(event_ids: Iterable[int]) -> Iterator[None]:
    """Wait in the lines of these events while this block takes their locks.

    With more than WAITERS_PER_EVENT threads in one line, the block waits half as long as usual; if
    the line is stuck, it raises Busy at once.
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
    """Return whether many wait already. Raises Busy."""
    now = time.monotonic()
    is_late = False
    for event_id in ids:
        line = _lines.get(event_id)
        if line is not None and line.waiting >= settings.WAITERS_PER_EVENT:
            is_late = True
            if now - line.moved_at >= STANDS_STILL_S:
                raise Busy
    for event_id in ids:
        _lines.setdefault(event_id, _Line(now)).waiting += 1
    return is_late


def _leave(ids: set[int], *, has_moved: bool) -> None:
    now = time.monotonic()
    for event_id in ids:
        line = _lines[event_id]
        line.waiting -= 1
        if has_moved:
            line.moved_at = now
            if not line.waiting:
                del _lines[event_id]
    if len(_lines) > _MOST_STUCK:
        for event_id in [each for each, line in _lines.items() if not line.waiting]:
            del _lines[event_id]
