"""Pages of results on certain days at their venues.

A provider selects by UTC, so the request covers all instants that can be on these days anywhere,
and results on other days are dropped here. Results come soonest first: those to be dropped are in
the first and the last blocks. These are read before the others, so that the number of results and
the position of a page are known.
"""

from collections.abc import Callable, Iterable
from itertools import islice

from external_events.providers.base import ProviderPage, Query
from external_events.records import ExternalEvent

BLOCK = 100  # results of one request
# Most blocks that are read at each end; Ticketmaster has no more of them in all.
_MOST_AT_AN_END = 10


def page_of_days(
    query: Query,
    *,
    page: int,
    size: int,
    reachable: int,
    fetch_block: Callable[[int], ProviderPage],
) -> tuple[ProviderPage, int]:
    """Return a page of the results on the days of `query`, and how many can be paged to.

    Page 1 is the first. `fetch_block` returns the provider's page of that number, with `BLOCK`
    results. Raises what `fetch_block` raises.
    """
    blocks = _Blocks(query, fetch_block)
    total = blocks.fetch(1).total
    last = max(1, -(-min(total, reachable) // BLOCK))
    blocks.read_while_dropping(range(1, last + 1))
    if total <= reachable:
        blocks.read_while_dropping(range(last, 0, -1))
    first, end = (page - 1) * size, page * size
    shown: list[ExternalEvent] = []
    count = 0
    for number in range(1, last + 1):
        if count < end and first < count + blocks.length(number):
            shown += blocks.records(number)[max(0, first - count) : end - count]
        count += blocks.length(number)
    return ProviderPage(total=max(count, total - blocks.dropped), records=tuple(shown)), count


class _Blocks:
    """The blocks of one search; each is fetched once, when it is needed."""

    def __init__(self, query: Query, fetch_block: Callable[[int], ProviderPage]) -> None:
        self._query = query
        self._fetch_block = fetch_block
        self._pages: dict[int, ProviderPage] = {}
        self._records: dict[int, list[ExternalEvent]] = {}
        self.dropped = 0

    def fetch(self, number: int) -> ProviderPage:
        if number not in self._pages:
            page = self._pages[number] = self._fetch_block(number)
            records = [record for record in page.records if self._query.has_day_of(record)]
            self._records[number] = records
            self.dropped += len(page.records) - len(records)
        return self._pages[number]

    def records(self, number: int) -> list[ExternalEvent]:
        self.fetch(number)
        return self._records[number]

    def length(self, number: int) -> int:
        """Return the number of results on these days; blocks that were not read count in full."""
        return len(self._records[number]) if number in self._records else BLOCK

    def read_while_dropping(self, numbers: Iterable[int]) -> None:
        for number in islice(numbers, _MOST_AT_AN_END):
            if len(self.records(number)) == len(self.fetch(number).records):
                break
