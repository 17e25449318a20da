"""The query parameters of event lists."""

from datetime import date, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from cachetools import LRUCache
from django.db.models import Exists, OuterRef, Q, Subquery
from django.http import QueryDict
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.authentication import signed_in
from accounts.models import User
from core.api.deprecation import renamed, with_names_sent
from core.api.fields import (
    DayFilter,
    FilterSet,
    TextFilter,
    WholeNumberFilter,
    WordFilter,
    YesNoFilter,
)
from core.api.requests import validated
from core.database.statements import Now
from core.validators import zone_or_utc
from events.filters.options import (
    BY_RATING,
    MOST_DIGITS,
    CategoryFilter,
    OrganizerFilter,
    TimezoneOption,
    check_tags,
    choices,
    split_words,
)
from events.models import Event, EventQuerySet, Tag, Tally
from events.search import periods
from events.search.listings import Listing
from events.selectors import helped_events

ORDERINGS = {
    "date": ("start_time", "id"),
    "start_time": ("start_time", "id"),
    "-start_time": ("-start_time", "-id"),
    "popularity": ("-tally__going", "-tally__interested", "tally__event_id"),
    "rating": ("-rating__score", "rating__event_id"),
    "created_at": ("created_at", "id"),
    "-created_at": ("-created_at", "-id"),
    "title": ("title", "id"),
    "-title": ("-title", "-id"),
}
# Parameters of the paginator, which the query does not depend on.
_OF_PAGES = ("page", "limit")
MOST_RECENT = 500  # of one process
WHEN = ["now", "today", "weekend", "upcoming", "past", "all"]

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
        label="`true`: your own events, drafts included, and those that you help at; cancelled "
        "ones only with `status`.",
    )
    status = WordFilter(
        method="with_status",
        choices=choices(Event.Status.values),
        default="any",
        label="Status, with `mine=true`. Without it, events are always published.",
    )
    q = TextFilter("title", "holds", label="Part of the title, the same as `title`.")
    title = TextFilter("title", "holds", label="Part of the title.")
    location = TextFilter("location", "holds", label="Part of the location.")
    date_from = DayFilter(method="starts_from", label="First day, such as 2027-05-01.")
    date_to = DayFilter(method="starts_until", label="Last day, included.")
    tz = TimezoneOption(label="Time zone of the days (IANA or Windows name). Default: UTC.")
    category = CategoryFilter(label="ID or slug of a category.")
    category_id = WholeNumberFilter("category_id", label="ID of a category.")
    tags = TextFilter(
        method="with_tags",
        validators=[check_tags],
        label="IDs or slugs, separated by commas. Events must have all of them.",
    )
    organizer = OrganizerFilter(label="ID or username.")
    series = WholeNumberFilter("series_id", label="ID of a series: its occurrences.")
    is_full = YesNoFilter(method="full", label="Whether new attendees would join the waitlist.")
    when = WordFilter(
        method="taking_place",
        choices=choices(WHEN),
        default="current",
        label="Default, unless days are sent: events that have not ended. `today` and `weekend`:"
        " events that take place on any part of these days, in `tz` or else in the time zone of"
        " your profile.",
    )
    sort = WordFilter(
        method="sorted",
        choices=choices(ORDERINGS),
        default="date",
        label=f"`popularity`: most attendees first. {BY_RATING}",
    )

    # Names that are still accepted, and those that replace them.
    deprecated_names: ClassVar = {"search": "q", "ordering": "sort", "category_id": "category"}

    request: Request | None

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return the filter for the parameters of the request, perhaps one of an earlier request.

        Raises ValidationError.
        """
        try:
            return cls.with_params(request.query_params, request)
        except ValidationError as error:
            raise with_names_sent(error, request.query_params, cls.deprecated_names) from error

    @classmethod
    def with_params(cls, params: QueryDict, request: Request | None) -> Self:
        filters: Any = cls
        params = renamed(params, cls.deprecated_names, keep=filters.base_filters)
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
        is_by_rating = self.params["sort"] == "rating"
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
        own = Q(created_by=self._reader)
        # Read before: a subquery beside `or` would keep PostgreSQL from the index by organizer.
        if helped := list(helped_events(self._reader).values_list("pk", flat=True)):
            own |= Q(pk__in=helped)
        return events.alive().filter(own)

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
        for word in split_words(text):
            # In a subquery; otherwise the tags of every event would be looked up by name.
            is_tag = Q(tag_id=Subquery(Tag.objects.filter(slug=word).values("pk")))
            if word.isascii() and word.isdigit() and len(word) <= MOST_DIGITS:
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

    def sorted(self, events: EventQuerySet, name: str, sort: str) -> EventQuerySet:
        return self._ordered(events, sort)

    def _ordered(self, events: EventQuerySet, ordering: str) -> EventQuerySet:
        # Every event has a tally and a rating. With these conditions, PostgreSQL can start with
        # their indexes.
        if ordering == "popularity":
            events = events.filter(tally__isnull=False)
        elif ordering == "rating" and self._includes_past():
            events = events.filter(rating__isnull=False)
        elif ordering == "rating":
            ordering = "date"  # no event has reviews yet, so all scores are equal
        return events.order_by(*ORDERINGS[ordering])

    def _includes_past(self) -> bool:
        """Return whether events that are over can be among the results."""
        if self.params["when"] != "current":
            return bool(self.params["when"] != "upcoming")
        since = self.params["date_from"]
        return self._has_days and (since is None or self._midnight(since) < timezone.now())
