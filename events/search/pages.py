"""In which order pages come: the best of a bounded set first."""

from django.db import connections
from django.db.models.expressions import OrderBy

from core.api.pagination import PagePagination
from events.models import Event, EventQuerySet
from events.search.full_text import relevance
from events.search.periods import skip_those_over
from events.search.places import SLACK_KM, Point, distance_of, nearest_first, within

# Ranking reads each match, and a common word has hundreds of thousands.
RANKED_MATCHES = 1000


class EventPagination(PagePagination):
    """By date or as asked for; years of events that are over are skipped, not walked through."""

    def read_rows(self, queryset: EventQuerySet, start: int, stop: int) -> list[Event]:
        return super().read_rows(skip_those_over(queryset), start, stop)


class SearchPagination(EventPagination):
    """As the search says: by relevance, by distance, or as the matches come."""

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
        """Best first among the soonest 1,000 matches, the rest after them by date."""
        rows: list[Event] = []
        if start < RANKED_MATCHES:
            # Only by their ids: if the search were repeated here, PostgreSQL without fresh
            # statistics would run the inner query once a row (9 s at 20,000 events).
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
        """Sort so that pages agree: events at the same distance are sorted by date.

        The index of places sorts by distance only. So for a large set it is used to find how far
        the page reaches, and all events within that distance are sorted.
        """
        if self.is_estimate:
            farthest = distance_of(queryset, point, stop - 1, within_km=self.farthest_km)
            if farthest is not None:  # otherwise the page also has events without a place
                queryset = within(queryset, point, farthest + SLACK_KM)
        return nearest_first(queryset, point)
