"""Search at a provider, and fetch one of its events."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.providers.base import Provider, ProviderPage, Query
from external_events.providers.transport import DEADLINE_S
from external_events.records import ExternalEvent
from external_events.services.day_pages import BLOCK, page_of_days
from external_events.services.quotas import Caller, caller_limits
from external_events.services.request_cache import FRESH_S, cache_key, get_or_fetch, unknown_ids

# Results older than FRESH_S are returned while they are fetched again, or the provider is down.
KEEP_RESULTS_S = 24 * 3600
KEEP_UNKNOWN_IDS_S = 3600


@dataclass(frozen=True)
class SearchPage:
    """A page of results.

    `total` is the number of all results at the provider; the first `count` can be paged to.
    `is_stale` is true if `fetched_at` is more than FRESH_S seconds ago.
    """

    records: tuple[ExternalEvent, ...]
    total: int
    count: int
    fetched_at: datetime
    is_stale: bool


def search(provider: Provider, query: Query, *, page: int, size: int, caller: Caller) -> SearchPage:
    """Return a page of the provider's results, from the cache where possible.

    Requests to the provider count against the caller's share, cached results do not. A search by
    days may take several requests, which share one deadline. Raises ProviderShareUsedUp, and the
    errors of `Provider.search` if nothing is cached.
    """
    if not provider.is_configured():  # the cache may have results of a key that was removed
        raise ProviderNotConfigured
    until = time.monotonic() + DEADLINE_S
    fetch_times: list[float] = []

    def fetch_page(number: int, length: int) -> ProviderPage:
        left_s = until - time.monotonic()
        fetched_at, result = _fetch_page(provider, query, number, length, caller, left_s)
        fetch_times.append(fetched_at)
        return result

    if query.has_days:
        found, count = page_of_days(
            query,
            page=page,
            size=size,
            reachable=provider.reachable,
            fetch_block=lambda number: fetch_page(number, BLOCK),
        )
    else:
        found = fetch_page(page, size)
        count = min(found.total, provider.reachable)
    oldest = min(fetch_times)
    return SearchPage(
        records=found.records,
        total=found.total,
        count=count,
        fetched_at=datetime.fromtimestamp(oldest, UTC).replace(microsecond=0),
        is_stale=time.time() - oldest > FRESH_S,
    )


def _fetch_page(
    provider: Provider, query: Query, page: int, size: int, caller: Caller, deadline_s: float
) -> tuple[float, ProviderPage]:
    def fetch() -> ProviderPage:
        with caller_limits(provider, caller, is_search=True) as limits:
            return provider.search(
                query, page=page, size=size, limits=limits, deadline_s=deadline_s
            )

    key = cache_key("search", provider.name, provider.base_url, query, page, size)
    return get_or_fetch(key, fetch, keep_s=KEEP_RESULTS_S)


def fetch_event(provider: Provider, external_id: str, *, caller: Caller) -> ExternalEvent:
    """Return one event of the provider, cached for FRESH_S seconds.

    An id that the provider does not know is not requested again for KEEP_UNKNOWN_IDS_S. Raises
    ProviderShareUsedUp, and the errors of `Provider.fetch_event`.
    """
    if not provider.is_valid_id(external_id):
        raise ExternalEventNotFound
    key = cache_key("event", provider.name, provider.base_url, external_id)
    unknown_key = f"{key}:unknown"
    if unknown_ids().get(unknown_key) is not None:
        raise ExternalEventNotFound

    def fetch() -> ExternalEvent:
        try:
            return fetch_current_event(provider, external_id, caller=caller)
        except ExternalEventNotFound:
            unknown_ids().set(unknown_key, True, KEEP_UNKNOWN_IDS_S)
            raise

    record: ExternalEvent = get_or_fetch(key, fetch, keep_s=FRESH_S)[1]
    return record


def fetch_current_event(
    provider: Provider, external_id: str, *, caller: Caller | None
) -> ExternalEvent:
    """Return one event without the cache. Raises as `fetch_event` does.

    Without a caller, as for scheduled lookups, only the provider's own quota applies.
    """
    if caller is None:
        return provider.fetch_event(external_id)
    with caller_limits(provider, caller, is_search=False) as limits:
        return provider.fetch_event(external_id, limits=limits)
