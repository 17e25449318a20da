"""Limits counted in the database, with one upsert (PostgreSQL, and SQLite since 3.35)."""

import hashlib
import time
from collections.abc import Sequence
from contextlib import nullcontext

from django.db import connection, transaction

from core.models import LimitWindow
from core.ratelimit.windows import Limit, Standing, Verdict

# The upsert locks the conflicting row before it evaluates WHERE on its newest version, so that
# simultaneous hits never exceed the quota. Rows that are not returned are used up.
_COUNT = """
INSERT INTO config_limitwindow AS held ("key", used, quota, lapses_at)
VALUES {rows}
ON CONFLICT ("key") DO UPDATE SET
    used = CASE WHEN held.lapses_at <= %s THEN excluded.used ELSE held.used + excluded.used END,
    lapses_at = CASE WHEN held.lapses_at <= %s THEN excluded.lapses_at ELSE held.lapses_at END,
    quota = excluded.quota
WHERE held.lapses_at <= %s OR held.used + excluded.used <= excluded.quota
RETURNING "key", used, lapses_at
"""
_ROW = "(%s, %s, %s, %s)"
_MAX_KEY = 100
_BATCH = 1000
# Clocks of hosts differ a little. A window that another host still uses must not be deleted.
_CLOCK_DIFFERENCE_S = 60


class DatabaseStore:
    """Count by the clock of this host, and lock rows for one statement. Raises database errors."""

    def count(self, limits: Sequence[Limit]) -> Verdict:
        now = time.time()
        if any(limit.hits > limit.quota for limit in limits):
            return _refusal(limits, now, not_used_up={row_key(limit.key) for limit in limits})
        # If one of several limits refuses, the others must not have counted.
        are_several = len(limits) > 1
        with transaction.atomic() if are_several else nullcontext():
            counted = _upsert(limits, now)
            if are_several and len(counted) < len(limits):
                transaction.set_rollback(True)
        if len(counted) < len(limits):
            return _refusal(limits, now, not_used_up=set(counted))
        standings = (Standing(limit, *_since(counted[row_key(limit.key)], now)) for limit in limits)
        return Verdict(allowed=True, standings=tuple(standings))


def _since(row: tuple[int, float], now: float) -> tuple[int, float]:
    used, lapses_at = row
    return used, lapses_at - now


def _upsert(limits: Sequence[Limit], now: float) -> dict[str, tuple[int, float]]:
    # Sorted, so that two requests can't lock the same rows in different orders and deadlock.
    rows = sorted(
        (row_key(limit.key), limit.hits, limit.quota, now + limit.window_s) for limit in limits
    )
    statement = _COUNT.format(rows=", ".join([_ROW] * len(rows)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(value for row in rows for value in row), now, now, now])
        return {key: (used, lapses_at) for key, used, lapses_at in cursor.fetchall()}


def _refusal(limits: Sequence[Limit], now: float, *, not_used_up: set[str]) -> Verdict:
    keys = [row_key(limit.key) for limit in limits]
    windows = LimitWindow.objects.filter(lapses_at__gt=now).in_bulk(keys)
    standings = []
    for limit, key in zip(limits, keys, strict=True):
        window = windows.get(key)
        lapses_in_s = window.lapses_at - now if window else limit.window_s
        used = window.used if window else 0
        if key not in not_used_up:
            # The limit that was used up at that moment is reported, even if the row has changed
            # since.
            used = max(used, limit.quota - limit.hits + 1)
        standings.append(Standing(limit, used, lapses_in_s))
    return Verdict(allowed=False, standings=tuple(standings))


def row_key(key: str) -> str:
    """Return the key, or its hash if the column can't hold it."""
    if len(key) <= _MAX_KEY and key.isprintable():
        return key
    return f"sha256:{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()}"


def forget_lapsed() -> int:
    """Delete windows that have ended, and return how many."""
    forgotten = 0
    while True:
        with transaction.atomic():
            lapsed = LimitWindow.objects.filter(lapses_at__lt=time.time() - _CLOCK_DIFFERENCE_S)
            # Locked rows are skipped: waiting for them could deadlock with requests that count.
            locked = lapsed.order_by("key").select_for_update(skip_locked=True)
            keys = list(locked.values_list("key", flat=True)[:_BATCH])
            LimitWindow.objects.filter(key__in=keys).delete()
        forgotten += len(keys)
        if len(keys) < _BATCH:
            return forgotten
