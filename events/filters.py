"""The query parameters of event lists, search, suggestions and calendar feeds."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any, Self
from zoneinfo import ZoneInfo

import django_filters
from cachetools import LRUCache
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.http import QueryDict
from django.utils import timezone
from rest_framework.request import Request

from accounts.authentication import signed_in
from accounts.models import User
from core.api.fields import (
    DayFilter,
    FilterSet,
    NameFilter,
    NumberFilter,
    TextFilter,
    TimezoneFilter,
    WholeNumberFilter,
    WordFilter,
    YesNoFilter,
)
from core.api.requests import validated
from core.database.statements import Now
from core.errors import BadValue
from core.validators import zone_or_utc
from events.models import Event, EventQuerySet, Tag, Tally
from events.models.ratings import PRIOR_MEAN, PRIOR_WEIGHT
from events.search import periods
from events.search.facets import FacetCounts
from events.search.full_text import matching
from events.search.listings import Listing, NearestListing, RankedListing
from events.search.places import MOST_KM, Point, within

MOST_TAGS = 10  # of one request

ORDERINGS = {
    "start_time": ("start_time", "id"),
    "-start_time": ("-start_time", "-id"),
    "popularity": ("-tally__going", "-tally__interested", "tally__event_id"),
    "rating": ("-rating__score", "rating__event_id"),
    "created_at": ("created_at", "id"),
    "-created_at": ("-created_at", "-id"),
    "title": ("title", "id"),
    "-title": ("-title", "-id"),
}
# `events.search.listings` sorts by relevance and by distance.
SORTS = {
    "relevance": "start_time",
    "popularity": "popularity",
    "date": "start_time",
    "rating": "rating",
    "distance": "start_time",
}
# Parameters of the paginator, which the query does not depend on.
_OF_PAGES = ("page", "limit")
MOST_RECENT = 500  # of one process
WHEN = ["now", "today", "weekend", "upcoming", "past", "all"]
_BY_RATING = (
    f"`rating`: best rated first, by the average of all reviews and {PRIOR_WEIGHT} additional"
    f" ones of {PRIOR_MEAN} stars; events that are not over have no reviews and follow by date."
)
# More digits do not fit in the column of an ID.
_MOST_DIGITS = 18


def _choices(words: Iterable[str]) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


def _split(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")} - {""}


def _check_tags(text: str) -> None:
    if len(_split(text)) > MOST_TAGS:
        raise ValidationError(f"Send at most {MOST_TAGS} tags.", code="too_many")


def _check_point(text: str) -> None:
    Point.read(text)


class _Option:
    """Mixin: a parameter that other filters or the view read; it filters nothing itself."""

    def filter(self, events: EventQuerySet, value: Any) -> EventQuerySet:
        return events


class _TimezoneOption(_Option, TimezoneFilter):
    pass


class _PointOption(_Option, NameFilter):
    pass


class _YesNoOption(_Option, YesNoFilter):
    pass


class OrganizerFilter(NameFilter):
    """The ID or the username of an organizer."""

    def filter(self, events: EventQuerySet, value: str) -> EventQuerySet:
        if not value:
            return events
        if value.isascii() and value.isdigit():
            is_id = len(value) <= _MOST_DIGITS
            return events.filter(created_by=int(value)) if is_id else events.none()
        # In a subquery, so that the database can use the index by organizer.
        organizers = User.objects.filter(Exact(Lower("username"), value.lower())).values("pk")[:1]
        return events.filter(created_by=Subquery(organizers))


_recent: LRUCache[Any, "EventFilter"] = LRUCache(MOST_RECENT)
_lock = Lock()


def forget_recent() -> None:
    """Compile all queries anew, for tests that change constants."""
    with _lock:
        _recent.clear()


class EventFilter(FilterSet):
    """Filters are applied in this order; those with a default also without their parameter."""

    mine = YesNoFilter(
        method="visible",
        default="false",
        label="`true`: your own events, drafts included; cancelled ones only with `status`.",
    )
    status = WordFilter(
        method="with_status",
        choices=_choices(Event.Status.values),
        default="any",
        label="Status of your own events, with `mine=true`. Events of others are always published.",
    )
    search = TextFilter("title", "holds", label="Part of the title, the same as `title`.")
    title = TextFilter("title", "holds", label="Part of the title.")
    location = TextFilter("location", "holds", label="Part of the location.")
    date_from = DayFilter(method="starts_from", label="First day, such as 2027-05-01.")
    date_to = DayFilter(method="starts_until", label="Last day, included.")
    tz = _TimezoneOption(label="Time zone of the days (IANA or Windows name). Default: UTC.")
    category_id = WholeNumberFilter("category_id", label="ID of a category.")
    tags = TextFilter(
        method="with_tags",
        validators=[_check_tags],
        label="IDs or slugs, separated by commas. Events must have all of them.",
    )
    organizer = OrganizerFilter(label="ID or username.")
    series = WholeNumberFilter("series_id", label="ID of a series: its occurrences.")
    is_full = YesNoFilter(method="full", label="Whether new attendees would join the waitlist.")
    when = WordFilter(
        method="taking_place",
        choices=_choices(WHEN),
        default="current",
        label="Default, unless days are sent: events that have not ended. `today` and `weekend`:"
        " events that take place on any part of these days, in `tz` or else in the time zone of"
        " your profile.",
    )
    ordering: Any = WordFilter(
        method="ordered",
        choices=_choices(ORDERINGS),
        default="start_time",
        label=f"`popularity`: most attendees first. {_BY_RATING}",
    )

    request: Request | None

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return the filter for the parameters of the request, perhaps one of an earlier request.

        Raises ValidationError.
        """
        return cls._of(request.query_params, request)

    @classmethod
    def _of(cls, params: QueryDict, request: Request | None) -> Self:
        sent = params.lists()
        key = (cls, *sorted((name, *values) for name, values in sent if name not in _OF_PAGES))
        with _lock:
            recent = _recent.get(key)
        if isinstance(recent, cls):
            return recent
        chosen: Self = validated(cls(params, Event.objects.all(), request=request))
        if chosen._is_same_for_all:
            chosen.listing.events  # noqa: B018  (the last use of the request)
            chosen.request = None
            with _lock:
                _recent[key] = chosen
        return chosen

    @cached_property
    def listing(self) -> Listing:
        return Listing(self.qs)

    @property
    def _is_same_for_all(self) -> bool:
        """Whether the query depends on no reader and, except for `Now`, on no time."""
        is_of_today = self.params["when"] in ("now", "today", "weekend")
        is_by_rating = "rating" in (self.params.get("ordering"), self.params.get("sort"))
        return not (self._is_mine or is_of_today or is_by_rating)

    @property
    def _reader(self) -> User:
        assert self.request is not None
        return signed_in(self.request)

    @property
    def _is_mine(self) -> bool:
        return bool(self.params["mine"] == "true")

    @property
    def _has_days(self) -> bool:
        return bool(self.params["date_from"] or self.params["date_to"])

    def visible(self, events: EventQuerySet, name: str, mine: str) -> EventQuerySet:
        if not self._is_mine:
            return events.listed()
        return events.alive().filter(created_by=self._reader)

    def with_status(self, events: EventQuerySet, name: str, status: str) -> EventQuerySet:
        if not self._is_mine:
            return events if status in ("any", Event.Status.PUBLISHED) else events.none()
        if status == "any":
            return events.exclude(status=Event.Status.CANCELLED)
        return events.filter(status=status)

    def starts_from(self, events: EventQuerySet, name: str, day: date) -> EventQuerySet:
        return events.filter(start_time__gte=self._midnight(day))

    def starts_until(self, events: EventQuerySet, name: str, day: date) -> EventQuerySet:
        return events.filter(start_time__lt=self._midnight(day + timedelta(days=1)))

    def _midnight(self, day: date) -> datetime:
        return periods.midnight(day, ZoneInfo(self.params["tz"] or "UTC"))

    def with_tags(self, events: EventQuerySet, name: str, text: str) -> EventQuerySet:
        for word in _split(text):
            # In a subquery; otherwise the tags of every event would be looked up by name.
            is_tag = Q(tag_id=Subquery(Tag.objects.filter(slug=word).values("pk")))
            if word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS:
                is_tag |= Q(tag_id=int(word))
            tagged = Tag.events.through.objects.filter(is_tag, event_id=OuterRef("pk"))
            events = events.filter(Exists(tagged))
        return events

    def full(self, events: EventQuerySet, name: str, is_full: str) -> EventQuerySet:
        full = Exists(Tally.objects.filter(Tally.FULL, event=OuterRef("pk")))
        return events.filter(full if is_full == "true" else ~full)

    def taking_place(self, events: EventQuerySet, name: str, when: str) -> EventQuerySet:
        if when == "now":
            return periods.at(events, timezone.now())
        if when in ("today", "weekend"):
            period = periods.today if when == "today" else periods.weekend
            zone = zone_or_utc(self.params["tz"] or self._reader.timezone)
            # No index by time has drafts, which are among the user's own events.
            bounds = period(timezone.now(), zone)
            return periods.during(events, *bounds, are_listed=not self._is_mine)
        if when == "upcoming":
            return events.to_come(Now())
        if when == "past":
            return events.filter(end_time__lte=Now())
        if when == "all" or self._has_days:
            return events
        return events.not_over(Now()) if self._is_mine else periods.not_over(events, Now())

    def ordered(self, events: EventQuerySet, name: str, ordering: str) -> EventQuerySet:
        # Every event has a tally and a rating. With these conditions, PostgreSQL can start with
        # their indexes.
        if ordering == "popularity":
            events = events.filter(tally__isnull=False)
        elif ordering == "rating" and self._includes_past():
            events = events.filter(rating__isnull=False)
        elif ordering == "rating":
            ordering = "start_time"  # no event has reviews yet, so all scores are equal
        return events.order_by(*ORDERINGS[ordering])

    def _includes_past(self) -> bool:
        """Return whether events that are over can be among the results."""
        if self.params["when"] != "current":
            return bool(self.params["when"] != "upcoming")
        since = self.params["date_from"]
        return self._has_days and (since is None or self._midnight(since) < timezone.now())


class SearchFilter(EventFilter):
    q = TextFilter(
        method="with_words",
        label='Words, "a phrase", `or` and -without. Case, accents and punctuation are ignored.',
    )
    category = NameFilter("category__slug", label="Slug of a category.")
    near = _PointOption(
        validators=[_check_point],
        label="Point as lat,lon in degrees. Each result then has a `distance_km`.",
    )
    radius_km = NumberFilter(
        method="in_radius",
        min_value=0.001,
        max_value=MOST_KM,
        label="Greatest distance from `near`.",
    )
    facets = _YesNoOption(label="`true`: count the results of each category and each tag.")
    sort = WordFilter(
        method="sorted",
        choices=_choices(SORTS),
        default="relevance",
        label=f"Default: relevance with `q`, date without. {_BY_RATING}",
    )
    ordering = None

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
        return self._of(params, self.request)

    def with_words(self, events: EventQuerySet, name: str, words: str) -> EventQuerySet:
        return matching(events, words)

    def in_radius(self, events: EventQuerySet, name: str, km: float) -> EventQuerySet:
        return within(events, self._require_point(), km)

    def sorted(self, events: EventQuerySet, name: str, sort: str) -> EventQuerySet:
        if sort == "distance":
            self._require_point()
        return self.ordered(events, name, SORTS[sort])

    def _require_point(self) -> Point:
        if self.point is None:
            raise BadValue("near", "required", "Send the point to start from as near=lat,lon.")
        return self.point


class SuggestionFilter(django_filters.FilterSet):
    q = TextFilter(label="Beginning of a word.")


class FeedFilter(django_filters.FilterSet):
    """The events of a calendar feed; both conditions must hold."""

    organizer = OrganizerFilter(label="ID or username.")
    category = NameFilter("category__slug", label="Slug of a category.")
