"""Limits for secrets and quotas, such as tries of a code, or new rows.

They count in the database, so that counts survive restarts and are shared by all processes. Each is
one statement. Inside a transaction the count is rolled back with it, and other users of the same
key wait until it ends. So call `spend` OUTSIDE of a transaction that a wrong guess rolls back.
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
    """Count `number` tries in a window of `window_s` seconds, which begins with the first.

    Raises TooManyTries, and counts nothing, if fewer than `number` of `limit` (1 or more) are left.
    Of simultaneous tries exactly `limit` pass. Does nothing while RATE_LIMITS is off.
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
    """Subtract one try, if there is one."""
    LimitWindow.objects.filter(key=row_key(_tries(key)), used__gt=0).update(used=F("used") - 1)


def forget(key: str) -> None:
    """Reset the count, so that all tries are available again."""
    LimitWindow.objects.filter(key=row_key(_tries(key))).delete()


def is_first(key: str, *, window_s: int) -> bool:
    """Return True for exactly one caller in `window_s` seconds, for secrets that work once.

    RATE_LIMITS=off does not turn it off, because it is not a rate.
    """
    return _database.count([Limit("first", f"first:{key}", 1, window_s)]).allowed


def _tries(key: str) -> str:
    return f"tries:{key}"
