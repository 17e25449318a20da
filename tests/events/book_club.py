"""A series for tests, and its dates in the API and in the database."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from events.models import Event
from tests.client import Api
from tests.factories import event_body

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)  # a Monday


def weekly(**more: Any) -> dict[str, Any]:
    """Tuesdays at 19:00 in Berlin, from 12 January 2027."""
    return event_body(
        **{
            "title": "Book club",
            "start_time": "2027-01-12T19:00:00",
            "end_time": "2027-01-12T21:00:00",
            "timezone": "Europe/Berlin",
            "is_recurring": True,
            "recurrence_pattern": "FREQ=WEEKLY;COUNT=4",
            **more,
        }
    )


def dates(api: Api, series: int, **query: Any) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = api.get(
        "/events/", series=series, when="all", limit=100, **query
    )["results"]
    return results


def days(series: int) -> list[str]:
    rows = Event.objects.alive().filter(series=series).order_by("start_time")
    return [row.start_time.astimezone(BERLIN).strftime("%m-%d %H:%M") for row in rows]


def four_dates(api: Api, **more: Any) -> tuple[int, list[int]]:
    """Create a series of four dates; return its id and theirs."""
    series = api.post("/events/", weekly(**more))["series"]
    rows = Event.objects.filter(series=series).order_by("series_day")
    return series, list(rows.values_list("pk", flat=True))
