"""Cache the results of providers, and coalesce simultaneous requests for the same result.

The lock of a request is a key in the shared cache, so it holds for all processes. Without a shared
cache each process sends its own request.
"""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import BoundedSemaphore
from typing import Any

import structlog
from django.core.cache import caches
from django.db import close_old_connections

from core.errors import ProviderUnavailable, RuleBroken
from external_events.exceptions import ProviderShareUsedUp

logger = structlog.get_logger(__name__)

FRESH_S = 5 * 60
# How long callers wait for another one's result: as long as a healthy provider may take.
_WAIT_S = 5
# A lock lapses later than any provider may take: then its process was killed.
_LOCK_S = 15
_POLL_EVERY_S = 0.05
# Waiting callers get a failure of this age, so that they do not repeat the request one by one.
_KEEP_ERROR_S = 1
_LAYOUT = 3  # increase whenever the cached objects change

# Most threads of a server that may wait for providers; the others serve other requests.
_MOST_REQUESTS = 4
_WAIT_FOR_SLOT_S = 2
_refreshers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="refresh")
_refreshing: set[Future[None]] = set()


class _ConcurrencyLimit:
    def __init__(self) -> None:
        self._slots = BoundedSemaphore(_MOST_REQUESTS)
        self._timed_out_at = float("-inf")

    def run(self, fetch: Callable[[], Any]) -> Any:
        """Call `fetch` in a free slot. Raises ProviderUnavailable if none becomes free.

        After one caller timed out, others are refused immediately for _WAIT_FOR_SLOT_S seconds:
        waiting, they would hold up all threads.
        """
        is_full = time.monotonic() - self._timed_out_at < _WAIT_FOR_SLOT_S
        if not self._slots.acquire(timeout=0 if is_full else _WAIT_FOR_SLOT_S):
            self._timed_out_at = time.monotonic()
            raise ProviderUnavailable("Too many requests wait for this provider. Try again soon.")
        try:
            return fetch()
        finally:
            self._slots.release()


_concurrency = _ConcurrencyLimit()


def cache_key(*parts: object) -> str:
    return f"external:{hashlib.sha256(repr((_LAYOUT, *parts)).encode()).hexdigest()}"


def get_or_fetch(key: str, fetch: Callable[[], Any], *, keep_s: int) -> tuple[float, Any]:
    """Return the Unix time of a result and the result, cached for `keep_s` seconds.

    Of many simultaneous callers one calls `fetch`, and the others wait for its result. A result
    older than FRESH_S is returned immediately, and fetched again in the background. Raises what
    `fetch` raises, and ProviderUnavailable.
    """
    entry = results().get(key)
    if entry is None:
        return _fetch_once(key, fetch, keep_s)
    if time.time() - entry[0] > FRESH_S and results().add(f"{key}:lock", 1, _LOCK_S):
        future = _refreshers.submit(_refresh, key, fetch, keep_s)
        _refreshing.add(future)
        future.add_done_callback(_refreshing.discard)
    return entry[0], entry[1]


def _fetch_once(key: str, fetch: Callable[[], Any], keep_s: int) -> tuple[float, Any]:
    deadline = time.monotonic() + _WAIT_S
    while not results().add(f"{key}:lock", 1, _LOCK_S):
        time.sleep(_POLL_EVERY_S)
        if (entry := _result_of_other(key)) is not None:
            return entry
        if time.monotonic() > deadline:
            raise ProviderUnavailable
    try:
        # Another caller may have finished since the last look.
        return _result_of_other(key) or _fetch(key, fetch, keep_s)
    finally:
        results().delete(f"{key}:lock")


def _fetch(key: str, fetch: Callable[[], Any], keep_s: int) -> tuple[float, Any]:
    try:
        entry = (time.time(), _concurrency.run(fetch))
    except ProviderShareUsedUp:
        raise  # the waiting callers have shares of their own
    except RuleBroken as error:
        results().set(f"{key}:error", error, _KEEP_ERROR_S)
        raise
    results().set(key, entry, keep_s)
    return entry


def _result_of_other(key: str) -> tuple[float, Any] | None:
    """Return the result of another caller, or raise its recent failure."""
    if (entry := results().get(key)) is not None:
        return entry[0], entry[1]
    if (error := results().get(f"{key}:error")) is not None:
        raise error
    return None


def _refresh(key: str, fetch: Callable[[], Any], keep_s: int) -> None:
    try:
        results().set(key, (time.time(), fetch()), keep_s)
    except RuleBroken as error:
        logger.info("external_search_stays_stale", error=str(error))
    except Exception:  # the result of the future is never read, so the log is the only place
        logger.exception("external_search_not_refreshed")
    finally:
        results().delete(f"{key}:lock")
        close_old_connections()


def wait_for_refreshes() -> None:
    """Wait until the refreshes of this process that have begun are done."""
    wait(set(_refreshing))


def results() -> Any:
    return caches["external"]


def unknown_ids() -> Any:
    """Return a separate cache: invented ids must not evict results."""
    return caches["unknown_ids"]
