"""Database timeouts: for one statement, for a lock, and between two statements.

The defaults are settings. Blocks of code can change them in their own thread: tasks may take as
long as Celery permits, commands of `manage.py` have no limit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts in milliseconds, 0 for none: lock, statement, pause in a transaction."""

    lock_ms: int
    statement_ms: int
    idle_ms: int


NONE = Timeouts(0, 0, 0)
_override: ContextVar[Timeouts | None] = ContextVar("database_timeouts", default=None)


def current() -> Timeouts:
    """Return the current timeouts of this thread."""
    override = _override.get()
    if override is not None:
        return override
    return Timeouts(
        _ms(settings.DATABASE_LOCK_TIMEOUT_S),
        _ms(settings.DATABASE_STATEMENT_TIMEOUT_S),
        _ms(settings.DATABASE_IDLE_TIMEOUT_S),
    )


@contextmanager
def timeouts(*, lock_s: float | None = None, statement_s: float | None = None) -> Iterator[None]:
    """Set other timeouts for this block; None leaves one as it is.

    If no timeouts are set at all, this sets none either.
    """
    before = current()
    changes: dict[str, Any] = {}
    if lock_s is not None and before.lock_ms:
        changes["lock_ms"] = _ms(lock_s)
    if statement_s is not None and before.statement_ms:
        changes["statement_ms"] = _ms(statement_s)
    token = _override.set(replace(before, **changes))
    try:
        yield
    finally:
        _override.reset(token)


@contextmanager
def no_timeouts() -> Iterator[None]:
    """Turn the timeouts off for this block."""
    token = _override.set(NONE)
    try:
        yield
    finally:
        _override.reset(token)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
