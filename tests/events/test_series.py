"""Series: which dates there are, and what becomes of them when the series changes."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from events.models import Event
from tests.client import Api
from tests.factories import event_body

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def a_monday_in_january() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


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


class TestCreate:
    def test_series_is_answered_with_its_first_date(self, as_olive: Api) -> None:
        first = as_olive.post("/events/", weekly())
        assert (first["is_recurring"], first["recurrence_pattern"], first["start_time"]) == (
            True,
            "FREQ=WEEKLY;COUNT=4",
            "2027-01-12T18:00:00Z",
        )
        assert days(first["series"]) == [
            "01-12 19:00", "01-19 19:00", "01-26 19:00", "02-02 19:00",
        ]  # fmt: skip
