"""In which order pages come: the best of a bounded set first."""

from django.db import connections
from django.db.models.expressions import OrderBy

from config.pagination import PagePagination
from events.models import Event, EventQuerySet
from events.search.words import relevance

# Ranking reads each match, and a common word has hundreds of thousands.
RANKED_MATCHES = 1000


class RankedPagination(PagePagination):
    """Best first among the soonest 1,000 matches, the rest after them by date.

    Takes the matches by date. Without `ranked_words` they come as they are.
    """

    ranked_words = ""

    def read_rows(self, queryset: EventQuerySet, start: int, stop: int) -> list[Event]:
        if not self.ranked_words:
            return super().read_rows(queryset, start, stop)
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
