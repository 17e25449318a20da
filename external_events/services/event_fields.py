"""Convert a provider's record to the fields of an event."""

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

USUAL_LENGTH = timedelta(hours=3)  # of an event with an unknown end
UNKNOWN_PLACE = "To be announced"

# Fields that follow the provider until they are edited here. Links, prices and the provider's
# status can't be edited.
FOLLOWED = (
    "title", "description", "location", "latitude", "longitude", "category",
    "start_time", "end_time", "timezone",
)  # fmt: skip

# Names of providers' categories, with the names that lists of categories often use instead.
_SYNONYMS = {
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


def fields_of(record: ExternalEvent, category: Category | None) -> dict[str, Any]:
    """Return the event's fields by the provider; no times if the start is not known."""
    fields = {
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
        "timezone": record.timezone,
    }
    if record.start_time is None:
        return fields
    end = record.end_time or expected_end(record, record.start_time, record.timezone)
    return fields | {
        "start_time": record.start_time,
        "end_time": end,
        "end_time_known": record.end_time is not None,
    }


def expected_end(record: ExternalEvent, start: date, zone: str) -> date:
    """Return an end for a record without a known one: the end of its last day, or the usual length.

    If the event starts on another day than at the provider, its last day moves with the start. For
    a start that is only a day, as all-day events have it, the end is a day.
    """
    first_day = start.astimezone(zone_or_utc(zone)).date() if isinstance(start, datetime) else start
    days = timedelta(0)
    if record.last_date is not None and record.local_date is not None:
        days = record.last_date - record.local_date
    if not isinstance(start, datetime):
        return first_day + days
    # The last second of the day: midnight would show as the next day.
    end = datetime.combine(first_day + days, time(23, 59, 59), zone_or_utc(zone)).astimezone(UTC)
    return end if record.last_date is not None and end > start else start + USUAL_LENGTH


def category_finder() -> FindCategory:
    """Return a function that finds the category of a record. One query for any number of records.

    The provider's narrowest category that has the name of one here wins.
    """
    categories: dict[str, Category] = {}
    for category in Category.objects.order_by("-pk"):
        categories[slugify(category.name)] = categories[category.slug] = category

    def find(record: ExternalEvent) -> Category | None:
        for word in map(slugify, reversed(record.categories)):
            for name in (word, *_SYNONYMS.get(word, ())):
                if name in categories:
                    return categories[name]
        return None

    return find


def hash_of(record: ExternalEvent) -> str:
    """Return a hash that changes with any value of the record."""
    return hashlib.sha256(repr(asdict(record)).encode()).hexdigest()


def json_value(value: Any) -> Any:
    """Return a field's value in the form in which JSON stores it, for later comparison."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):  # browsers' forms send other line ends, which is no edit
        return value.replace("\r\n", "\n")
    return value.pk if isinstance(value, Model) else value
