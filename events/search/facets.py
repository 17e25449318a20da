"""Number of search results in each category and with each tag."""

from typing import Any

from django.db.models import Count, F

from core.api.pagination import COUNT_EXACT_UP_TO
from core.database.statements import Statement
from events.models import EventQuerySet, Tag

MOST_TAGS = 50


class FacetCounts:
    """The counts for two queries for events, which are compiled once."""

    def __init__(self, *, for_categories: EventQuerySet, for_tags: EventQuerySet) -> None:
        names = for_categories.order_by().values(
            slug=F("category__slug"), name=F("category__name")
        )[:COUNT_EXACT_UP_TO]
        self._categories = Statement.of(names).within(
            "SELECT slug, name, count(*) FROM ({}) AS names GROUP BY slug, name"
        )
        # Without an order, because otherwise the database would have to read all of them.
        some = for_tags.order_by().values("pk")[:COUNT_EXACT_UP_TO]
        tagged = Tag.events.through.objects.filter(event__in=some)
        # Without the IDs of tags, which the index does not have.
        tags = tagged.values(slug=F("tag__slug"), name=F("tag__name")).annotate(count=Count("tag"))
        self._tags = Statement.of(tags.order_by("-count", "name")[:MOST_TAGS])

    def read(self) -> tuple[dict[str, Any], bool]:
        """Return `{categories, tags}`, and whether the counts are estimates. Two queries.

        Each is a list of `{slug, name, count}`, most frequent first. At most 10,000 events are
        counted.
        """
        counts = self._categories.rows()
        categories = [_named(row) for row in counts if row[0] is not None]
        categories.sort(key=lambda category: (-category["count"], category["name"]))
        tags = [_named(row) for row in self._tags.rows()]
        is_estimate = sum(count for *_, count in counts) == COUNT_EXACT_UP_TO
        return {"categories": categories, "tags": tags}, is_estimate


def _named(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(("slug", "name", "count"), row, strict=True))
