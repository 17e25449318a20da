"""From a provider's record to the fields of an event."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Model
from django.utils.text import slugify

from core.validators import zone_or_utc
from events.models import Category
from external_events.records import ExternalEvent

# What nobody told us of an end.
USUAL_LENGTH = timedelta(hours=3)
UNKNOWN_PLACE = "To be announced"

# What is written from the provider as long as nobody edits it here; links, prices and what the
# provider says of the status are never edited here.
FOLLOWED = (
    "title", "description", "location", "latitude", "longitude", "category",
    "start_time", "end_time", "timezone",
)  # fmt: skip

# What providers call by another name than most people who make lists of categories do.
_ALSO_CALLED = {
    "concert": ("music",),
    "concerts": ("music",),
    "music-festival": ("music",),
    "sports": ("sport",),
    "sport": ("sports",),
    "theater": ("theatre", "arts", "arts-theatre"),
    "arts-theatre": ("arts", "theatre", "theater"),
    "comedy": ("arts",),
    "literary": ("literature",),
    "movies": ("film",),
    "film": ("movies",),
}

FindCategory = Callable[[ExternalEvent], Category | None]


def details_of(record: ExternalEvent, category: Category | None) -> dict[str, Any]:
    """The event's fields as the provider has them; no times where the start is not known."""
    return {
        "title": record.title,
        "description": record.description,
        "location": record.location or UNKNOWN_PLACE,
        "latitude": record.latitude,
        "longitude": record.longitude,
        "category": category,
        "external_url": record.url,
        "external_status": record.status.value,
        "price": record.price_min,
        "currency": record.currency if record.price_min is not None else "",
        **_times_of(record),
    }


def _times_of(record: ExternalEvent) -> dict[str, Any]:
    if record.start_time is None:
        return {"timezone": record.timezone}
    return {
        "timezone": record.timezone,
        "start_time": record.start_time,
        "end_time": record.end_time or expected_end(record, record.start_time, record.timezone),
        "end_time_known": record.end_time is not None,
    }


def expected_end(record: ExternalEvent, start: date, zone: str) -> date:
    """Return an end for a record without a known one: the end of its last day, or the usual length.

    If the event starts on another day than there, its last day moves with the start. For a start
    that is only a day, as all-day events have it, the end is a day.
    """
    first_day = start.astimezone(zone_or_utc(zone)).date() if isinstance(start, datetime) else start
    days = timedelta(0)
    if record.last_date is not None and record.local_date is not None:
        days = record.last_date - record.local_date
    if not isinstance(start, datetime):
        return first_day + days
    end = end_of_day(first_day + days, zone)
    return end if record.last_date is not None and end > start else start + USUAL_LENGTH


def end_of_day(day: date, zone: str) -> datetime:
    """Return the last second of the day in the zone. Midnight would show as the next day."""
    return datetime.combine(day, time(23, 59, 59), zone_or_utc(zone)).astimezone(UTC)


def category_finder() -> FindCategory:
    """Finds the category of a record: the one that is called as the narrowest of the provider's
    words that has one. One query, however many are found with it."""
    known: dict[str, Category] = {}
    for category in Category.objects.order_by("-pk"):
        known[slugify(category.name)] = known[category.slug] = category

    def find(record: ExternalEvent) -> Category | None:
        for word in map(slugify, reversed(record.categories)):
            for name in (word, *_ALSO_CALLED.get(word, ())):
                if name in known:
                    return known[name]
        return None

    return find


def hash_of(record: ExternalEvent) -> str:
    """Another one whenever the provider says anything else."""
    return hashlib.sha256(repr(asdict(record)).encode()).hexdigest()


def plain(value: Any) -> Any:
    """A field's value as JSON keeps it, so that it can be compared later."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):  # forms of browsers send other line ends: that is no edit
        return value.replace("\r\n", "\n")
    return value.pk if isinstance(value, Model) else value
