"""The rows that demo events refer to, and the details of an event by its catalogue entry."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import User
from demo.catalogue import DemoEvent
from events.models import Category, Tag

CITY = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class DemoContext:
    organizers: dict[str, User]
    regulars: list[User]
    passers_by: list[User]
    admin: User
    categories: dict[str, Category]
    tags: dict[str, Tag]

    def details(self, entry: DemoEvent, start: datetime) -> dict[str, Any]:
        """Return the arguments of `events.series.scopes.create`, except the recurrence rule."""
        return {
            "title": entry.title,
            "description": entry.description,
            "location": entry.venue.location,
            "latitude": entry.venue.latitude,
            "longitude": entry.venue.longitude,
            "start_time": start,
            "end_time": start + timedelta(minutes=entry.minutes),
            "timezone": CITY.key,
            "status": "draft" if entry.status == "draft" else "published",
            "category": self.categories[entry.category],
            "tags": [self.tags[slug] for slug in entry.tags],
            "max_attendees": entry.max_attendees,
            "refund_policy": entry.refund_policy,
        }


def starts_at(entry: DemoEvent, *, weeks_ago: int = 0) -> datetime:
    day = _day(entry.day) - timedelta(weeks=weeks_ago)
    return datetime.combine(day, entry.start, tzinfo=CITY)


def _day(offset: int) -> date:
    """Count from the next Monday, or today, so that the busy days are weekends."""
    today = datetime.now(CITY).date()
    return today + timedelta(days=offset + (-today.weekday()) % 7)
