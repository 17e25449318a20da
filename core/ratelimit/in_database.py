"""Limits counted in the database: one upsert, on PostgreSQL and on SQLite from 3.35 on."""

import hashlib
import time
from collections.abc import Sequence
from contextlib import nullcontext

from django.db import connection, transaction

from core.models import LimitWindow
from core.ratelimit.windows import Limit, Standing, Verdict

# The conflicting row is locked before WHERE looks at it, in its newest version: no hit is counted
# beyond the quota, however many come at once. A row that is not answered was used up.
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
# The hosts' clocks differ by a little: a window that one of them still counts in is kept.
_KEPT_S = 60


class DatabaseStore:
    """By the clock of this host. Locks are held for one statement, or for a short transaction
    of one statement where several limits are judged. Raises what the database raises."""

    def count(self, limits: Sequence[Limit]) -> Verdict:
        now = time.time()
        if any(limit.hits > limit.quota for limit in limits):
            return _refusal(limits, now, not_used_up={row_key(limit.key) for limit in limits})
        # A single limit counts or does not; of several the others must not have counted.
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
    # Sorted, as two requests that lock the same rows in different orders would wait for each other.
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
    """The key, or its hash where the column could not hold it."""
    if len(key) <= _MAX_KEY and key.isprintable():
        return key
    return f"sha256:{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()}"


def forget_lapsed() -> int:
    """Delete the windows that have lapsed; answers how many."""
    forgotten = 0
    while True:
        with transaction.atomic():
            lapsed = LimitWindow.objects.filter(lapses_at__lt=time.time() - _KEPT_S)
            # Skipping what is locked, as it would lock in another order than those who count.
            locked = lapsed.order_by("key").select_for_update(skip_locked=True)
            keys = list(locked.values_list("key", flat=True)[:_BATCH])
            LimitWindow.objects.filter(key__in=keys).delete()
        forgotten += len(keys)
        if len(keys) < _BATCH:
            return forgotten
