"""Number of search results in each category and with each tag."""

from collections import Counter
from typing import Any

from django.db.models import Count, F

from core.api.pagination import COUNT_EXACT_UP_TO
from events.models import EventQuerySet, Tag

MOST_TAGS = 50


def count(*, for_categories: EventQuerySet, for_tags: EventQuerySet) -> tuple[dict[str, Any], bool]:
    """Return `{categories, tags}`, and whether the counts are estimates. Two queries.

    Each is a list of `{slug, name, count}`, most frequent first. At most 10,000 events are counted.
    """
    names = for_categories.order_by().values_list("category__slug", "category__name")
    counts = Counter(names[:COUNT_EXACT_UP_TO])
    categories: list[dict[str, Any]] = [
        {"slug": slug, "name": name, "count": count}
        for (slug, name), count in counts.items()
        if slug is not None
    ]
    categories.sort(key=lambda category: (-category["count"], category["name"]))
    # Without an order, because otherwise the database would have to read all of them.
    some = for_tags.order_by().values("pk")[:COUNT_EXACT_UP_TO]
    tagged = Tag.events.through.objects.filter(event__in=some)
    # Without the IDs of tags, which the index does not have.
    tags = tagged.values(slug=F("tag__slug"), name=F("tag__name")).annotate(count=Count("tag"))
    facets = {"categories": categories, "tags": list(tags.order_by("-count", "name")[:MOST_TAGS])}
    return facets, counts.total() == COUNT_EXACT_UP_TO
