"""Events in an order, of which pages are read."""

from functools import cached_property

from django.db import connections
from django.db.models.expressions import OrderBy

from accounts.models import User
from core.api.pagination import RowCount
from core.database.statements import Statement
from events.cards import CardQuery, Row
from events.models import Event, EventQuerySet
from events.search.full_text import relevance
from events.search.periods import skip_those_over
from events.search.places import SLACK_KM, Point, distance_of, nearest_first, within

# Ranking reads every match, and a common word has hundreds of thousands of them.
RANKED_MATCHES = 1000


class Listing:
    """Events in the order of the queryset, skipping years of past events by an index.

    The queries are compiled at the first read, and an instance can be kept for later requests.
    """

    _has_rows_of_its_own = False

    def __init__(self, events: EventQuerySet) -> None:
        self.events = events

    def count(self) -> tuple[int, bool]:
        """Return the number of events, and whether it is an estimate."""
        return self._count.read()

    def exists(self) -> bool:
        """Return whether there is any event."""
        return bool(self._first.rows())

    def rows(self, reader: User, *, start: int, stop: int) -> list[Row]:
        """Return some of the events, as `CardQuery.rows` does."""
        return self._in_order.rows(reader, offset=start, limit=stop - start)

    def rows_and_count(
        self, reader: User, *, start: int, stop: int
    ) -> tuple[list[Row], tuple[int, bool] | None]:
        """Return `rows`, and `count` if one query can read both, which saves a round trip."""
        if self._has_rows_of_its_own or self._count.is_large:
            return self.rows(reader, start=start, stop=stop), None
        rows, counted = self._in_order.rows_with(
            self._count.counted, reader, offset=start, limit=stop - start
        )
        return rows, None if counted is None else self._count.read(counted=counted)

    @cached_property
    def _count(self) -> RowCount:
        return RowCount(self.events)

    @cached_property
    def _first(self) -> Statement:
        return Statement.of(self.events.order_by().values_list("pk")[:1])

    @cached_property
    def _in_order(self) -> CardQuery:
        return CardQuery(skip_those_over(self.events))


class RankedListing(Listing):
    """The soonest 1,000 matches by relevance; the rest follows by date."""

    _has_rows_of_its_own = True

    def __init__(self, events: EventQuerySet, words: str) -> None:
        super().__init__(events)
        self._words = words

    def rows(self, reader: User, *, start: int, stop: int) -> list[Row]:
        rows: list[Row] = []
        if start < RANKED_MATCHES:
            limit = min(stop, RANKED_MATCHES) - start
            rows = self._by_relevance.rows(reader, offset=start, limit=limit)
        if stop > RANKED_MATCHES:
            start = max(start, RANKED_MATCHES)
            rows += super().rows(reader, start=start, stop=stop)
        return rows

    @property
    def _by_relevance(self) -> CardQuery:
        # Among few matches, an index by start would only be read beside that of words.
        return self._of_many if self._count.is_large else self._of_few

    @cached_property
    def _of_few(self) -> CardQuery:
        return self._best_of(self.events)

    @cached_property
    def _of_many(self) -> CardQuery:
        return self._best_of(skip_those_over(self.events))

    def _best_of(self, matches: EventQuerySet) -> CardQuery:
        # By ID, because with the search conditions repeated here, PostgreSQL without fresh
        # statistics would run the inner query for every row (9 s at 20,000 events).
        soonest = Event.objects.filter(pk__in=matches.values("pk")[:RANKED_MATCHES])
        best = relevance(self._words, vendor=connections[self.events.db].vendor)
        return CardQuery(soonest.order_by(OrderBy(best, descending=True), "start_time", "id"))


class NearestListing(Listing):
    """Events by distance, and those at the same distance by date, so that pages are consistent.

    The index of places sorts by distance only. For many matches it is used to find the greatest
    distance on the page, and then all events within that distance are sorted.
    """

    _has_rows_of_its_own = True

    def __init__(self, events: EventQuerySet, point: Point, *, within_km: float | None) -> None:
        super().__init__(events)
        self._point, self._within_km = point, within_km

    def rows(self, reader: User, *, start: int, stop: int) -> list[Row]:
        events = self.events
        _, is_estimate = self.count()
        if is_estimate:
            farthest = distance_of(events, self._point, stop - 1, within_km=self._within_km)
            if farthest is not None:  # otherwise the page also has events without a place
                events = within(events, self._point, farthest + SLACK_KM)
        nearest = CardQuery(nearest_first(events, self._point))
        return nearest.rows(reader, offset=start, limit=stop - start)
