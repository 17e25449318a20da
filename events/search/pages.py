"""Pages of events and of search results."""

from django.db import connections
from django.db.models.expressions import OrderBy

from core.api.pagination import PagePagination
from events.models import Event, EventQuerySet
from events.search.full_text import relevance
from events.search.periods import skip_those_over
from events.search.places import SLACK_KM, Point, distance_of, nearest_first, within

# Ranking reads every match, and a common word has hundreds of thousands of them.
RANKED_MATCHES = 1000


class EventPagination(PagePagination):
    """Pages in the order of the queryset, which skip years of past events by an index."""

    def read_rows(self, queryset: EventQuerySet, start: int, stop: int) -> list[Event]:
        return super().read_rows(skip_those_over(queryset), start, stop)


class SearchPagination(EventPagination):
    """Pages by relevance, by distance, or in the order of the queryset."""

    ranked_words = ""
    nearest_to: Point | None = None
    farthest_km: float | None = None

    def read_rows(self, queryset: EventQuerySet, start: int, stop: int) -> list[Event]:
        if self.ranked_words:
            return self._best(skip_those_over(queryset), start, stop)
        if self.nearest_to:
            return list(self._nearest(queryset, self.nearest_to, stop)[start:stop])
        return super().read_rows(queryset, start, stop)

    def _best(self, queryset: EventQuerySet, start: int, stop: int) -> list[Event]:
        """Sort the soonest 1,000 matches by relevance; the rest follows by date."""
        rows: list[Event] = []
        if start < RANKED_MATCHES:
            # By ID, because with the search conditions repeated here, PostgreSQL without fresh
            # statistics would run the inner query for every row (9 s at 20,000 events).
            soonest = Event.objects.filter(pk__in=queryset.values("pk")[:RANKED_MATCHES])
            best = relevance(self.ranked_words, vendor=connections[queryset.db].vendor)
            ranked = soonest.with_details().order_by(
                OrderBy(best, descending=True), "start_time", "id"
            )
            rows = list(ranked[start : min(stop, RANKED_MATCHES)])
        if stop > RANKED_MATCHES:
            rows += queryset[max(start, RANKED_MATCHES) : stop]
        return rows

    def _nearest(self, queryset: EventQuerySet, point: Point, stop: int) -> EventQuerySet:
        """Sort by distance, and events at the same distance by date, so that pages are consistent.

        The index of places sorts by distance only. For many matches it is used to find the greatest
        distance on the page, and then all events within that distance are sorted.
        """
        if self.is_estimate:
            farthest = distance_of(queryset, point, stop - 1, within_km=self.farthest_km)
            if farthest is not None:  # otherwise the page also has events without a place
                queryset = within(queryset, point, farthest + SLACK_KM)
        return nearest_first(queryset, point)
