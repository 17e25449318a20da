"""The query parameters of event lists and of search."""

from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone
from rest_framework.request import Request

from accounts.authentication import signed_in
from accounts.models import User
from core.api.fields import (
    DayFilter,
    NameFilter,
    NumberFilter,
    TextFilter,
    TimezoneFilter,
    WholeNumberFilter,
    WordFilter,
    YesNoFilter,
)
from core.errors import BadValue
from core.validators import zone_or_utc
from events.models import Event, EventQuerySet, Tag, Tally
from events.models.ratings import PRIOR_MEAN, PRIOR_WEIGHT
from events.search import periods
from events.search.places import MOST_KM, Point, within
from events.search.words import matching

MOST_TAGS_ASKED = 10

ORDERINGS = {
    "start_time": ("start_time", "id"),
    "-start_time": ("-start_time", "-id"),
    # Ties by id, as the index has it.
    "popularity": ("-tally__going", "-tally__interested", "tally__event_id"),
    "rating": ("-rating__score", "rating__event_id"),
    "created_at": ("created_at", "id"),
    "-created_at": ("-created_at", "-id"),
    "title": ("title", "id"),
    "-title": ("-title", "-id"),
}
SORTS = {
    "relevance": "start_time",  # SearchPagination does the rest
    "popularity": "popularity",
    "date": "start_time",
    "rating": "rating",
    "distance": "start_time",  # SearchPagination does the rest
}
_BY_RATING = (
    f"rating: best liked first, by the average of the reviews and {PRIOR_WEIGHT} more of"
    f" {PRIOR_MEAN} stars; what is not over, and so has none, by date."
)
WHEN = ["now", "today", "weekend", "upcoming", "past", "all"]


def _choices(words: Any) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


def _words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")} - {""}


def _few_tags(text: str) -> None:
    if len(_words(text)) > MOST_TAGS_ASKED:
        raise ValidationError(f"Ask for at most {MOST_TAGS_ASKED} tags.", code="too_many")


class EventFilter(django_filters.FilterSet):
    search = TextFilter("title", "holds", label="A part of the title, like `title`.")
    title = TextFilter("title", "holds", label="A part of the title.")
    location = TextFilter("location", "holds", label="A part of the location.")
    date_from = DayFilter(method="starts_from", label="First day, such as 2027-05-01.")
    date_to = DayFilter(method="starts_until", label="Last day, itself included.")
    tz = TimezoneFilter(
        method="no_filter", label="Time zone of the days (IANA or Windows name); UTC without it."
    )
    category_id = WholeNumberFilter("category_id", label="Id of a category.")
    tags = TextFilter(
        method="has_tags",
        validators=[_few_tags],
        label="Ids or slugs, separated by commas: all of them.",
    )
    organizer = NameFilter(method="organized_by", label="Id or username.")
    series = WholeNumberFilter("series_id", label="Id of a series: its occurrences.")
    when = WordFilter(
        method="no_filter",
        choices=_choices(WHEN),
        label="Without it, and without days: events that have not ended. `today` and `weekend`"
        " are days in `tz`, else in the zone of your profile: what goes on in any part of them.",
    )
    is_full = YesNoFilter(method="would_wait", label="Whether a newcomer would have to wait.")
    mine = YesNoFilter(
        method="no_filter", label="true: my events, drafts too. Add `status` for cancelled ones."
    )
    status = WordFilter(
        method="no_filter",
        choices=Event.Status.choices,
        label="Status of my events, with `mine=true`. Other people's events are always published.",
    )
    ordering: Any = WordFilter(
        method="no_filter",
        choices=_choices(ORDERINGS),
        label=f"popularity: most people going first. {_BY_RATING}",
    )

    request: Request

    def filter_queryset(self, queryset: EventQuerySet) -> EventQuerySet:
        asked = self.form.cleaned_data
        shown = self._whose(queryset, mine=asked["mine"] == "true", status=asked["status"])
        events = super().filter_queryset(shown)
        events = self._when(events, asked["when"], has_days=asked["date_from"] or asked["date_to"])
        return self._ordered(events)

    def _whose(self, events: EventQuerySet, *, mine: bool, status: str) -> EventQuerySet:
        if not mine:
            is_shown = status in ("", Event.Status.PUBLISHED)
            return events.listed() if is_shown else events.none()
        own = events.alive().filter(created_by=self.request.user.pk)
        return own.filter(status=status) if status else own.exclude(status=Event.Status.CANCELLED)

    def _when(self, events: EventQuerySet, when: str, *, has_days: Any) -> EventQuerySet:
        now = timezone.now()
        mine = self.form.cleaned_data["mine"] == "true"  # drafts too, which no index by time has
        if when == "now":
            return periods.at(events, now)
        if when in ("today", "weekend"):
            period = periods.today if when == "today" else periods.weekend
            days = period(now, self._own_zone())
            return periods.during(events, *days, are_listed=not mine)
        if when == "upcoming":
            return events.filter(start_time__gt=now)
        if when == "past":
            return events.filter(end_time__lte=now)
        if when == "all" or has_days:
            return events
        return events.not_over(now) if mine else periods.not_over(events, now)

    def _ordered(self, events: EventQuerySet) -> EventQuerySet:
        return self._by(self.form.cleaned_data["ordering"] or "start_time", events)

    def _by(self, word: str, events: EventQuerySet) -> EventQuerySet:
        # Every event has a tally and a rating: said so, the database may begin with their index.
        if word == "popularity":
            events = events.filter(tally__isnull=False)
        if word == "rating":
            if not self._reaches_back():
                # Nobody has reviewed what is not over: all of it is equal, and comes by date.
                return events.order_by(*ORDERINGS["start_time"])
            events = events.filter(rating__isnull=False)
        return events.order_by(*ORDERINGS[word])

    def _reaches_back(self) -> bool:
        """Whether events that are over may be among those asked for."""
        asked = self.form.cleaned_data
        if asked["when"]:
            return bool(asked["when"] != "upcoming")
        if not (asked["date_from"] or asked["date_to"]):
            return False
        return asked["date_from"] is None or self._midnight(asked["date_from"]) < timezone.now()

    def _own_zone(self) -> ZoneInfo:
        asked: str = self.form.cleaned_data["tz"]
        return zone_or_utc(asked or signed_in(self.request).timezone)

    def _midnight(self, day: Any) -> datetime:
        return periods.midnight(day, ZoneInfo(self.form.cleaned_data["tz"] or "UTC"))

    def starts_from(self, events: EventQuerySet, name: str, day: Any) -> EventQuerySet:
        return events.filter(start_time__gte=self._midnight(day))

    def starts_until(self, events: EventQuerySet, name: str, day: Any) -> EventQuerySet:
        return events.filter(start_time__lt=self._midnight(day + timedelta(days=1)))

    def has_tags(self, events: EventQuerySet, name: str, text: str) -> EventQuerySet:
        for word in _words(text):
            # Found first: else every event's tags would be looked up by their names.
            named = Q(tag_id=Subquery(Tag.objects.filter(slug=word).values("pk")))
            if word.isascii() and word.isdigit() and len(word) < 19:
                named |= Q(tag_id=int(word))
            through = Tag.events.through.objects.filter(named, event_id=OuterRef("pk"))
            events = events.filter(Exists(through))
        return events

    def organized_by(self, events: EventQuerySet, name: str, who: str) -> EventQuerySet:
        if who.isascii() and who.isdigit():
            return events.filter(created_by=int(who)) if len(who) < 19 else events.none()
        # Found first, so that the database can use the index by organizer.
        named = User.objects.filter(Exact(Lower("username"), who.lower())).values("pk")[:1]
        return events.filter(created_by=Subquery(named))

    def would_wait(self, events: EventQuerySet, name: str, answer: str) -> EventQuerySet:
        is_full = Exists(Tally.objects.filter(Tally.FULL, event=OuterRef("pk")))
        return events.filter(is_full if answer == "true" else ~is_full)

    def no_filter(self, events: EventQuerySet, name: str, value: str) -> EventQuerySet:
        """What `filter_queryset` itself reads."""
        return events


def _on_earth(text: str) -> None:
    Point.read(text)


class SearchFilter(EventFilter):
    q = TextFilter(
        method="holds_words",
        label='Words, "a phrase", or, and -without. Case, accents and signs do not matter.',
    )
    category = NameFilter("category__slug", "exact", label="Slug of a category.")
    near = NameFilter(
        method="no_filter",
        validators=[_on_earth],
        label="lat,lon in degrees: each result tells its `distance_km`.",
    )
    radius_km = NumberFilter(
        method="no_filter",
        min_value=0.001,
        max_value=MOST_KM,
        label="Only what is at most so far from `near`.",
    )
    facets = YesNoFilter(
        method="no_filter", label="true: tells how many results each category and tag has."
    )
    sort = WordFilter(
        method="no_filter",
        choices=_choices(SORTS),
        label=f"Without it: relevance with q, else date. {_BY_RATING}",
    )
    ordering = None

    def filter_queryset(self, queryset: EventQuerySet) -> EventQuerySet:
        """Raises BadValue where a radius or a distance has no point to start from."""
        asked = self.form.cleaned_data
        if self.point is None and (asked["radius_km"] or asked["sort"] == "distance"):
            raise BadValue("near", "required", "Say from where: near=lat,lon.")
        return super().filter_queryset(queryset)

    @property
    def words(self) -> str:
        return str(self.form.cleaned_data["q"])

    @property
    def ranks(self) -> bool:
        """Whether the best come first."""
        return bool(self.words) and self.form.cleaned_data["sort"] in ("", "relevance")

    @property
    def nearest_to(self) -> Point | None:
        """From where the nearest come first, if they do."""
        return self.point if self.form.cleaned_data["sort"] == "distance" else None

    @property
    def farthest_km(self) -> float | None:
        km: float | None = self.form.cleaned_data["radius_km"]
        return km

    @property
    def point(self) -> Point | None:
        near: str = self.form.cleaned_data["near"]
        return Point.read(near) if near else None

    def but(self, **changes: str | None) -> Self:
        """Return the same query with other parameters; None leaves one out."""
        params = dict(self.data.items()) | changes
        given = {name: value for name, value in params.items() if value is not None}
        return type(self)(given, self.queryset, request=self.request)

    def holds_words(self, events: EventQuerySet, name: str, words: str) -> EventQuerySet:
        return matching(events, words)

    def _ordered(self, events: EventQuerySet) -> EventQuerySet:
        asked = self.form.cleaned_data
        point, km = self.point, asked["radius_km"]
        if point and km:
            events = within(events, point, km)
        return self._by(SORTS[asked["sort"] or "relevance"], events)


class SuggestionFilter(django_filters.FilterSet):
    """Only reads the question."""

    q = TextFilter(label="The beginning of a word, as it is typed.")


class FeedFilter(django_filters.FilterSet):
    """Whose events, or which, a calendar feed shows; together both hold."""

    organizer = NameFilter(method="organized_by", label="Id or username.")
    category = NameFilter("category__slug", "exact", label="Slug of a category.")

    organized_by = EventFilter.organized_by
