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
    first_block = fetch_block(1)
    total = first_block.total
    records: dict[int, list[ExternalEvent]] = {}
    dropped: dict[int, int] = {}

    def read(number: int) -> list[ExternalEvent]:
        if number not in records:
            block = (first_block if number == 1 else fetch_block(number)).records
            records[number] = [record for record in block if query.has_day_of(record)]
            dropped[number] = len(block) - len(records[number])
        return records[number]

    def length(number: int) -> int:
        """Blocks that were not read count in full."""
        return len(records[number]) if number in records else BLOCK

    def read_while_dropping(numbers: Iterable[int]) -> None:
        for number in islice(numbers, _MOST_AT_AN_END):
            read(number)
            if not dropped[number]:
                break

    last = max(1, -(-min(total, reachable) // BLOCK))
    read_while_dropping(range(1, last + 1))
    if total <= reachable:
        read_while_dropping(range(last, 0, -1))
    first, end = (page - 1) * size, page * size
    shown: list[ExternalEvent] = []
    count = 0
    for number in range(1, last + 1):
        if count < end and first < count + length(number):
            shown += read(number)[max(0, first - count) : end - count]
        count += length(number)
    return ProviderPage(max(count, total - sum(dropped.values())), tuple(shown)), count
