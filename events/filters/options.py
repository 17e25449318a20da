"""Parts of the filters of events: choices, checks, and parameters that filter nothing alone."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, Subquery
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from accounts.models import User
from core.api.fields import NameFilter, TimezoneFilter, YesNoFilter
from events.models import Category, EventQuerySet
from events.models.ratings import PRIOR_MEAN, PRIOR_WEIGHT
from events.search.places import Point

MOST_TAGS = 10  # of one request
# More digits do not fit in the column of an ID.
MOST_DIGITS = 18
BY_RATING = (
    f"`rating`: best rated first, by the average of all reviews and {PRIOR_WEIGHT} additional"
    f" ones of {PRIOR_MEAN} stars; events that are not over have no reviews and follow by date."
)


def choices(words: Iterable[str]) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


def split_words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")} - {""}


def check_tags(text: str) -> None:
    if len(split_words(text)) > MOST_TAGS:
        raise ValidationError(f"Send at most {MOST_TAGS} tags.", code="too_many")


def check_point(text: str) -> None:
    Point.read(text)


class Option:
    """Mixin: a parameter that other filters or the view read; it filters nothing itself."""

    def filter(self, events: EventQuerySet, value: Any) -> EventQuerySet:
        return events


class TimezoneOption(Option, TimezoneFilter):
    pass


class PointOption(Option, NameFilter):
    pass


class YesNoOption(Option, YesNoFilter):
    pass


class CategoryFilter(NameFilter):
    """The ID or the slug of a category."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("category__slug", *args, **kwargs)

    def filter(self, events: EventQuerySet, value: str) -> EventQuerySet:
        if not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
            found: EventQuerySet = super().filter(events, value)
            return found
        # A slug may have digits only. In a subquery, so that the index by category can be used.
        by_slug = Subquery(Category.objects.filter(slug=value).values("pk"))
        return events.filter(Q(category=int(value)) | Q(category=by_slug))


class OrganizerFilter(NameFilter):
    """The ID or the username of an organizer."""

    def filter(self, events: EventQuerySet, value: str) -> EventQuerySet:
        if not value:
            return events
        if value.isascii() and value.isdigit():
            is_id = len(value) <= MOST_DIGITS
            return events.filter(created_by=int(value)) if is_id else events.none()
        # In a subquery, so that the database can use the index by organizer.
        organizers = User.objects.filter(Exact(Lower("username"), value.lower())).values("pk")[:1]
        return events.filter(created_by=Subquery(organizers))
