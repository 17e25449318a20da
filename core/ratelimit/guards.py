"""Guards for secrets and quotas: limits on tries of a code, or on new rows.

Always in the database, so that counts are valid across processes and restarts. Each is one
statement and safe inside the caller's transaction. But there the count is rolled back with the
transaction, so spend OUTSIDE of a transaction that a wrong guess rolls back; and others who use
the same key wait until it ends.
"""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import F

from core.errors import TooManyTries
from core.models import LimitWindow
from core.ratelimit.in_database import DatabaseStore, row_key
from core.ratelimit.windows import Limit, Verdict

_database = DatabaseStore()


def spend(key: str, *, limit: int, window_s: int, number: int = 1) -> None:
    """Count `number` tries; the window of `window_s` seconds begins with the first.

    Raises TooManyTries, and counts nothing, if the window has fewer than `number` of its `limit`
    (1 or more) left: of any number of simultaneous tries exactly `limit` pass. Does
    nothing while RATE_LIMITS is off.
    """
    if not settings.RATE_LIMITS:
        return
    verdict = _database.count([Limit("tries", _tries(key), limit, window_s, number)])
    if not verdict.allowed:
        raise TooManyTries(retry_after_s=verdict.retry_after_s)


def count_in_database(limits: Sequence[Limit]) -> Verdict:
    """Check one hit against all the limits at once; counts survive restarts.

    Also works while RATE_LIMITS is off, for messages that cost money.
    """
    return _database.count(limits)


def give_back(key: str) -> None:
    """Take one try back, where there is one."""
    LimitWindow.objects.filter(key=row_key(_tries(key)), used__gt=0).update(used=F("used") - 1)


def forget(key: str) -> None:
    """All tries are open again."""
    LimitWindow.objects.filter(key=row_key(_tries(key))).delete()


def is_first(key: str, *, window_s: int) -> bool:
    """True for exactly one caller in `window_s` seconds: for what may be used only once.

    Works while RATE_LIMITS is off too: it keeps a promise, not a pace.
    """
    return _database.count([Limit("first", f"first:{key}", 1, window_s)]).allowed


def _tries(key: str) -> str:
    return f"tries:{key}"
