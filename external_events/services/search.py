"""Asking providers, and not asking them again for what they have just told."""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from threading import BoundedSemaphore
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import caches
from django.db import close_old_connections

from core.errors import BadValue, ProviderUnavailable, RuleBroken
from external_events.exceptions import (
    ExternalEventNotFound,
    ProviderNotConfigured,
    ProviderShareUsedUp,
)
from external_events.providers import PROVIDERS
from external_events.providers.base import Found, Provider, Query
from external_events.providers.transport import DEADLINE_S
from external_events.records import ExternalEvent
from external_events.services.days import BLOCK, page_of_days
from external_events.services.shares import Caller, ask_counted, limits_of

logger = structlog.get_logger(__name__)

FRESH_S = 5 * 60
# What is older than fresh is answered and asked for anew behind the answer; when the provider
# is away it is all there is.
KEPT_S = 24 * 3600
RECORD_FRESH_S = FRESH_S
# Ids that the provider does not know are not requested again for this time.
UNKNOWN_S = 3600
# One asks and the others wait for what it is told, as long as a provider that is well may take.
# A flight lapses later than any provider may take: its own was killed amid it.
_PATIENCE_S = 5
_FLIGHT_S = 15
_LOOK_EVERY_S = 0.05
_REFUSED_S = 1
_LAYOUT = 2  # one more whenever what is kept has another shape

# So many of a server's threads may ask providers: the others answer whatever else is asked.
_CALLERS = 4
_WAIT_FOR_TURN_S = 2
_refreshers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="refresh")
_refreshing: set[Future[None]] = set()


class _Turns:
    def __init__(self) -> None:
        self._free = BoundedSemaphore(_CALLERS)
        self._in_vain_at = float("-inf")

    def call(self, ask: Callable[[], Any]) -> Any:
        """Once somebody has waited in vain nobody else does for a while: a crowd would hold up
        all threads by waiting. Raises ProviderUnavailable."""
        is_hopeless = time.monotonic() - self._in_vain_at < _WAIT_FOR_TURN_S
        if not self._free.acquire(timeout=0 if is_hopeless else _WAIT_FOR_TURN_S):
            self._in_vain_at = time.monotonic()
            raise ProviderUnavailable("Too many wait for the provider; try again in a moment.")
        try:
            return ask()
        finally:
            self._free.release()


_turns = _Turns()


@dataclass(frozen=True)
class Answer:
    """A page; `count` results can be paged to.

    `is_stale`: the provider has not been asked for more than FRESH_S seconds.
    """

    found: Found
    count: int
    fetched_at: datetime
    is_stale: bool


def query_of(*, text: str, location: str, first_day: date | None, last_day: date | None) -> Query:
    """Return what to look for, from the first day up to the last, itself included.

    Both are days at the venue.
    """
    return Query(text=text, location=location, first_day=first_day, last_day=last_day)


def provider_named(name: str) -> Provider:
    """Raises BadValue on `provider`."""
    try:
        return PROVIDERS[name]
    except KeyError as error:
        known = ", ".join(PROVIDERS)
        raise BadValue("provider", "invalid_choice", f"Write one of: {known}.") from error


def usual_provider() -> Provider:
    """The first one that has a key, or the first."""
    providers = list(PROVIDERS.values())
    return next((each for each in providers if each.is_configured()), providers[0])


def search(provider: Provider, query: Query, *, page: int, size: int, caller: Caller) -> Answer:
    """Return a page of the provider's results, from the cache if that is fresh.

    Results from the last 24 h are returned immediately, and refreshed after the response. Of many
    simultaneous callers, one sends the request. Requests to the provider count against the
    caller's share, cached results do not. A search by days may take several requests, within the
    time of one. Raises ProviderShareUsedUp, and the errors of `Provider` if nothing is cached.
    """
    if not provider.is_configured():  # what it told under a key that was taken away stays untold
        raise ProviderNotConfigured
    until = time.monotonic() + DEADLINE_S
    fetched_at: list[float] = []

    def ask(number: int, length: int) -> Found:
        left_s = until - time.monotonic()
        at, found = _page(provider, query, number, length, caller=caller, deadline_s=left_s)
        fetched_at.append(at)
        return found

    if query.has_days:
        shown = page_of_days(
            query,
            page=page,
            size=size,
            reachable=provider.reachable,
            ask=lambda number: ask(number, BLOCK),
        )
        found, count = shown.found, shown.count
    else:
        found = ask(page, size)
        count = min(found.total, provider.reachable)
    oldest = min(fetched_at)
    is_stale = time.time() - oldest > FRESH_S
    return Answer(
        found, count, datetime.fromtimestamp(oldest, UTC).replace(microsecond=0), is_stale
    )


def _page(
    provider: Provider, query: Query, page: int, size: int, *, caller: Caller, deadline_s: float
) -> tuple[float, Found]:
    """Return a page as the provider sends it, and when it did."""
    key = _key("search", provider.name, query, page, size)
    limits = limits_of(provider, caller, is_search=True)
    send = partial(
        provider.search, query, page=page, size=size, limits=limits, deadline_s=deadline_s
    )
    ask = partial(ask_counted, provider, send)
    held = _cache().get(key)
    if held is None:
        held = _one_flight(key, ask, keep_s=KEPT_S)
    elif time.time() - held[0] > FRESH_S:
        _refresh_later(key, ask)
    return held[0], held[1]


def look_up(provider: Provider, external_id: str, *, caller: Caller) -> ExternalEvent:
    """Return one event of the provider, at most RECORD_FRESH_S old.

    Simultaneous callers share one request. An id that the provider does not know is remembered for
    UNKNOWN_S. Raises ProviderShareUsedUp, and the errors of `Provider.get`.
    """
    if not provider.can_be_id(external_id):
        raise ExternalEventNotFound
    key = _key("event", provider.name, external_id)
    held = _cache().get(key)
    if held is None:
        if _unknown_ids().get(f"{key}:unknown") is not None:
            raise ExternalEventNotFound
        ask = partial(ask_for, provider, external_id, caller=caller)
        held = _one_flight(key, partial(_noting_unknown, key, ask), keep_s=RECORD_FRESH_S)
    record: ExternalEvent = held[1]
    return record


def ask_for(provider: Provider, external_id: str, *, caller: Caller) -> ExternalEvent:
    """Return one event with the provider's current facts. Raises as `look_up` does."""
    limits = limits_of(provider, caller, is_search=False)
    record: ExternalEvent = ask_counted(provider, partial(provider.get, external_id, limits=limits))
    return record


def _noting_unknown(key: str, ask: Callable[[], ExternalEvent]) -> ExternalEvent:
    try:
        return ask()
    except ExternalEventNotFound:
        _unknown_ids().set(f"{key}:unknown", True, UNKNOWN_S)
        raise


def _one_flight(key: str, ask: Callable[[], Any], *, keep_s: int) -> tuple[float, Any]:
    """What `ask` answers, with the time; whoever comes meanwhile is answered the same.

    Without a shared cache each process asks for itself.
    """
    cache, flight = _cache(), f"{key}:flight"
    deadline = time.monotonic() + _PATIENCE_S
    while not cache.add(flight, 1, _FLIGHT_S):
        time.sleep(_LOOK_EVERY_S)
        if (held := _landed(key)) is not None:
            return held
        if time.monotonic() > deadline:
            raise ProviderUnavailable
    try:
        # Somebody may have landed since we looked.
        return _landed(key) or _fly(key, ask, keep_s)
    finally:
        cache.delete(flight)


def _landed(key: str) -> tuple[float, Any] | None:
    """What a flight has brought; raises what one was refused a moment ago."""
    if (held := _cache().get(key)) is not None:
        return tuple(held)
    if (refused := _cache().get(f"{key}:refused")) is not None:
        raise refused
    return None


def _fly(key: str, ask: Callable[[], Any], keep_s: int) -> tuple[float, Any]:
    try:
        held = (time.time(), _turns.call(ask))
    except ProviderShareUsedUp:
        raise  # waiting callers have shares of their own
    except RuleBroken as error:
        # Those who wait must not ask one after the other for what has just failed.
        _cache().set(f"{key}:refused", error, _REFUSED_S)
        raise
    _cache().set(key, held, keep_s)
    return held


def _refresh_later(key: str, ask: Callable[[], Any]) -> None:
    """In a thread of this process: what is lost with it is only a cache's."""
    if _cache().add(f"{key}:flight", 1, _FLIGHT_S):
        _refreshing.add(done := _refreshers.submit(_refresh, key, ask))
        done.add_done_callback(_refreshing.discard)


def wait_for_refreshes() -> None:
    """Until what is asked for behind answers by now has been told."""
    wait(set(_refreshing))


def _refresh(key: str, ask: Callable[[], Any]) -> None:
    try:
        _cache().set(key, (time.time(), ask()), KEPT_S)
    except RuleBroken as error:
        logger.info("external_search_stays_stale", error=str(error))
    except Exception:  # else nobody would hear of it: the future that holds it is never asked
        logger.exception("external_search_not_refreshed")
    finally:
        _cache().delete(f"{key}:flight")
        close_old_connections()


def _cache() -> Any:
    return caches["external"]


def _unknown_ids() -> Any:
    """Return a separate cache: invented ids must not evict results."""
    return caches["unknown_ids"]


def _key(*parts: object) -> str:
    # By where it was asked, too: another server tells other things.
    where = (settings.TICKETMASTER_BASE_URL, settings.SEATGEEK_BASE_URL)
    said = repr((_LAYOUT, where, *parts))
    return f"external:{hashlib.sha256(said.encode()).hexdigest()}"
