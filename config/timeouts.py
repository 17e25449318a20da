"""How long the database may work for one statement, wait for a lock, or be kept waiting.

The defaults are settings. They are changed for a block of code, in the thread that runs it:
tasks may take as long as Celery lets them, commands of `manage.py` as long as they like.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In milliseconds, 0 for none: to wait for a lock, for a statement to end, and for the next
    statement of a transaction."""

    lock_ms: int
    statement_ms: int
    idle_ms: int


NONE = Timeouts(0, 0, 0)
_override: ContextVar[Timeouts | None] = ContextVar("database_timeouts", default=None)


def current() -> Timeouts:
    """Return the timeouts that hold here."""
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

    Where none is set at all, none is set here either.
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
    """Let statements of this block take as long as they like."""
    token = _override.set(NONE)
    try:
        yield
    finally:
        _override.reset(token)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
