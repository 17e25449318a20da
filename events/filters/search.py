"""The query parameters of search, suggestions and calendar feeds."""

from functools import cached_property
from typing import Self

import django_filters

from core.api.fields import NumberFilter, TextFilter, WordFilter
from core.errors import BadValue
from events.filters.events import ORDERINGS, EventFilter
from events.filters.options import (
    BY_RATING,
    CategoryFilter,
    OrganizerFilter,
    PointOption,
    YesNoOption,
    check_point,
    choices,
)
from events.models import EventQuerySet
from events.search.facets import FacetCounts
from events.search.full_text import matching
from events.search.listings import Listing, NearestListing, RankedListing
from events.search.places import MOST_KM, Point, within

# `events.search.listings` sorts by relevance and by distance.
SORTS = {
    "relevance": "date",
    "popularity": "popularity",
    "date": "date",
    "rating": "rating",
    "distance": "date",
} | {ordering: ordering for ordering in ORDERINGS}


class SearchFilter(EventFilter):
    q = TextFilter(
        method="with_words",
        label='Words, "a phrase", `or` and -without. Case, accents and punctuation are ignored.',
    )
    near = PointOption(
        validators=[check_point],
        label="Point as lat,lon in degrees. Each result then has a `distance_km`.",
    )
    radius_km = NumberFilter(
        method="in_radius",
        min_value=0.001,
        max_value=MOST_KM,
        label="Greatest distance from `near`.",
    )
    facets = YesNoOption(label="`true`: count the results of each category and each tag.")
    sort = WordFilter(
        method="sorted",
        choices=choices(SORTS),
        default="relevance",
        label=f"Default: relevance with `q`, date without. {BY_RATING}",
    )

    @property
    def words(self) -> str:
        return str(self.params["q"])

    @cached_property
    def listing(self) -> Listing:
        if self.words and self.params["sort"] == "relevance":
            return RankedListing(self.qs, self.words)
        if self.point and self.params["sort"] == "distance":
            return NearestListing(self.qs, self.point, within_km=self.params["radius_km"])
        return Listing(self.qs)

    @cached_property
    def facet_counts(self) -> FacetCounts:
        """Count categories as if none were chosen, so that people can switch; tags as chosen."""
        any_category = self.but(category=None, category_id=None).qs
        return FacetCounts(for_categories=any_category, for_tags=self.qs)

    @property
    def point(self) -> Point | None:
        near: str = self.params["near"]
        return Point.read(near) if near else None

    def but(self, **changes: str | None) -> Self:
        """Return the same query with other parameters; None removes one. Raises ValidationError."""
        params = self.data.copy()
        for name, value in changes.items():
            params.pop(name, None)
            if value is not None:
                params[name] = value
        return self.with_params(params, self.request)

    def with_words(self, events: EventQuerySet, name: str, words: str) -> EventQuerySet:
        return matching(events, words)

    def in_radius(self, events: EventQuerySet, name: str, km: float) -> EventQuerySet:
        return within(events, self._require_point(), km)

    def sorted(self, events: EventQuerySet, name: str, sort: str) -> EventQuerySet:
        if sort == "distance":
            self._require_point()
        return self._ordered(events, SORTS[sort])

    def _require_point(self) -> Point:
        if self.point is None:
            raise BadValue("near", "required", "Send the point to start from as near=lat,lon.")
        return self.point


class SuggestionFilter(django_filters.FilterSet):
    q = TextFilter(label="Beginning of a word.")


class FeedFilter(django_filters.FilterSet):
    """The events of a calendar feed; both conditions must hold."""

    organizer = OrganizerFilter(label="ID or username.")
    category = CategoryFilter(label="ID or slug of a category.")
