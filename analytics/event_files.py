"""The numbers of events as a file for spreadsheets: a line each."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from analytics.periods import Period
from analytics.selectors.figures import rate
from config.csv_files import csv_file
from config.validators import zone_or_utc
from events.models import Event, EventQuerySet
from rsvp.selectors import door_closed_before

_HEADER = [
    "id", "title", "starts", "status", "category", "organizer", "going", "interested", "waiting",
    "max_attendees", "fill_rate", "arrived", "no_shows", "average_rating", "review_count",
]  # fmt: skip
_BATCH = 1000


def event_file(events: EventQuerySet, period: Period) -> StreamingHttpResponse:
    """Those of the events that start in the period, by their start, sent as they are read.

    People include guests; times are those where the event is.
    """
    return csv_file(_HEADER, _rows(period.starting(events)), filename="events.csv")


def _rows(events: EventQuerySet) -> Iterator[list[Any]]:
    closed_before = door_closed_before(timezone.now())
    details = events.select_related("tally", "rating", "category", "created_by")
    for event in details.order_by("start_time", "id").iterator(chunk_size=_BATCH):
        yield _row(event, closed_before)


def _row(event: Event, closed_before: datetime) -> list[Any]:
    tally, rating = event.tally, event.rating
    limit = tally.max_attendees
    is_known = tally.arrived and event.end_time <= closed_before
    return [
        event.pk,
        event.title,
        event.start_time.astimezone(zone_or_utc(event.timezone)),
        event.status,
        event.category.name if event.category else "",
        event.created_by.username if event.created_by else "",
        tally.going,
        tally.interested,
        tally.waiting,
        limit,
        rate(tally.going, limit) if limit else None,
        tally.arrived,
        tally.going - tally.arrived if is_known else None,
        rating.average,
        rating.count,
    ]
