"""Series with given dates."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from events.models import Event, Series, Tally
from events.series.creation import create_series


def series_with(organizer: User, *limits: int | None, **more: Any) -> tuple[Series, list[Event]]:
    """Create a weekly series from next week on, with a date for each limit of seats."""
    start = timezone.now() + timedelta(days=7)
    details = {
        "title": "Jazz",
        "location": "Town hall",
        "start_time": start,
        "end_time": start + timedelta(hours=2),
    }
    pattern = f"FREQ=WEEKLY;COUNT={len(limits)}"
    first = create_series(organizer=organizer, details=details | more, recurrence_pattern=pattern)
    assert first.series
    dates = list(Event.objects.filter(series=first.series).order_by("start_time"))
    for event, limit in zip(dates, limits, strict=True):
        Tally.objects.filter(pk=event.pk).update(max_attendees=limit)
    return first.series, dates
