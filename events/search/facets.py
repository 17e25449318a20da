"""Number of search results in each category and with each tag."""

from typing import Any

from django.db import connections
from django.db.models import F

from core.api.pagination import COUNT_EXACT_UP_TO
from core.database.statements import Statement
from events.models import EventQuerySet

MOST_TAGS = 50

# The tags of each event are looked up in an index: PostgreSQL would read the tags of all events.
_LOOKED_UP = """({}) AS found, LATERAL (
    SELECT tag_id FROM events_event_tags WHERE event_id = found.pk OFFSET 0) AS tagged"""
_JOINED = "({}) AS found JOIN events_event_tags ON event_id = found.pk"
_TAGS = f"""SELECT slug, name, count
FROM (SELECT tag_id, count(*) AS count FROM {{tagged}} GROUP BY tag_id) AS counts
    JOIN events_tag ON events_tag.id = tag_id
ORDER BY count DESC, name LIMIT {MOST_TAGS}"""  # noqa: S608


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
        some = Statement.of(for_tags.order_by().values_list("pk")[:COUNT_EXACT_UP_TO])
        is_postgresql = connections[for_tags.db].vendor == "postgresql"
        self._tags = some.within(_TAGS.format(tagged=_LOOKED_UP if is_postgresql else _JOINED))

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
