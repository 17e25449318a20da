"""Pages of results on certain days at their venues.

A provider selects by UTC, so it is asked for all instants that can be on these days anywhere, and
results on other days are dropped here. Results come soonest first: those to be dropped are in the
first and the last blocks. These are read before the others, so that the number of results and the
position of a page are known.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from external_events.providers.base import Found, Query
from external_events.records import ExternalEvent

BLOCK = 100  # results of one request
# So many blocks are read at each end; Ticketmaster has no more of them in all.
_MOST_AT_AN_END = 10


@dataclass(frozen=True)
class DaysPage:
    """One page of results, and how many can be paged to."""

    found: Found
    count: int


def page_of_days(
    query: Query, *, page: int, size: int, reachable: int, ask: Callable[[int], Found]
) -> DaysPage:
    """Return a page of the results on the days of `query`. Page 1 is the first.

    `ask` returns the provider's page of that number, with `BLOCK` results. Raises what `ask` does.
    """
    blocks = _Blocks(query, ask)
    total = blocks.found(1).total
    last = max(1, -(-min(total, reachable) // BLOCK))
    blocks.read_while_dropping(range(1, last + 1))
    if total <= reachable:
        blocks.read_while_dropping(range(last, 0, -1))
    first, end = (page - 1) * size, page * size
    shown: list[ExternalEvent] = []
    passed = 0
    for number in range(1, last + 1):
        if passed < end and first < passed + blocks.length(number):
            shown += blocks.records(number)[max(0, first - passed) : end - passed]
        passed += blocks.length(number)
    return DaysPage(Found(total=max(passed, total - blocks.dropped), records=tuple(shown)), passed)


class _Blocks:
    """The blocks of one answer; each is read once, when it is needed."""

    def __init__(self, query: Query, ask: Callable[[int], Found]) -> None:
        self._query = query
        self._ask = ask
        self._found: dict[int, Found] = {}
        self._records: dict[int, list[ExternalEvent]] = {}
        self.dropped = 0

    def found(self, number: int) -> Found:
        if number not in self._found:
            found = self._ask(number)
            self._found[number] = found
            self._records[number] = [each for each in found.records if self._query.has_day_of(each)]
            self.dropped += len(found.records) - len(self._records[number])
        return self._found[number]

    def records(self, number: int) -> list[ExternalEvent]:
        self.found(number)
        return self._records[number]

    def length(self, number: int) -> int:
        """Return the number of results on these days; blocks that were not read count in full."""
        return len(self._records[number]) if number in self._records else BLOCK

    def read_while_dropping(self, numbers: Iterable[int]) -> None:
        for number in islice(numbers, _MOST_AT_AN_END):
            if len(self.records(number)) == len(self.found(number).records):
                break
