"""A series with the dates that a test asks for."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from events.models import Event, Series
from tests.factories import EventFactory


def series_with(organizer: User, *limits: int | None, **more: Any) -> tuple[Series, list[Event]]:
    """Weekly from next week on, a date for each limit of seats."""
    start = timezone.now() + timedelta(days=7)
    shared = {"title": "Jazz", "location": "Town hall", "timezone": "UTC", "status": "published"}
    shared |= {"created_by": organizer} | more
    series = Series.objects.create(
        recurrence_pattern="weekly",
        first_day=start.date(),
        local_time=start.time(),
        duration=timedelta(hours=2),
        published_at=None if shared["status"] == "draft" else timezone.now(),
        **shared,
    )
    dates = []
    for week, limit in enumerate(limits):
        at = start + timedelta(weeks=week)
        event = EventFactory.create(start_time=at, max_attendees=limit, **shared)
        event.series, event.series_day = series, at.date()
        event.published_at = series.published_at
        event.save()
        dates.append(event)
    return series, dates
