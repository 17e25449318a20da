"""The same evening at two providers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import Api
from tests.factories import EventFactory
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.both

BODY = {"provider": "ticketmaster"}
PATH = "/external-events/G5vYZ/import/"


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    ticketmaster.events = [tm_event("G5vYZ", "An Evening of Jazz", local="2027-05-01T19:30")]
    return ticketmaster


def only(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: event[name] for name in names}


class TestDuplicates:
    def test_same_evening_at_another_provider_is_suggested(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn, seatgeek: SeatGeekStandIn
    ) -> None:
        ticketmaster.events = [tm_event("G5vYZ", "The Night Owls", local="2027-05-01T19:30")]
        seatgeek.events = [
            sg_event(
                4711,
                title="The Night Owls - Live",
                local="2027-05-01T19:00:00",
            )
        ]
        seatgeek.events[0]["venue"] |= {
            "name": "The Cellar",
            "timezone": "Europe/London",
            "location": {"lat": 51.508, "lon": -0.128},
        }
        first = as_olive.post(PATH, BODY)
        second = as_olive.post("/external-events/4711/import/", {"provider": "seatgeek"})
        assert second["possible_duplicates"] == [
            only(first, "id", "title", "start_time", "location", "external_provider")
        ]
        again = as_olive.post(PATH, BODY, expect=200)
        assert [duplicate["id"] for duplicate in again["possible_duplicates"]] == [second["id"]]

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": "Chess Club"},
            {"title": "An Evening of Jazz, No. 2", "_imported": "An Evening of Jazz, No. 1"},
            {"start_time": datetime(2027, 5, 1, 20, 30, tzinfo=UTC)},
            {"latitude": 51.6, "longitude": -0.1},
        ],
    )
    def test_other_event_is_not_suggested(
        self, as_olive: Api, jazz: TicketmasterStandIn, changes: dict[str, Any]
    ) -> None:
        changes = dict(changes)
        jazz.events[0]["name"] = changes.pop("_imported", "An Evening of Jazz")
        start = changes.get("start_time", datetime(2027, 5, 1, 18, 30, tzinfo=UTC))
        like = {
            "title": "An Evening of Jazz",
            "location": "The Cellar, London",
            "latitude": 51.5072,
            "longitude": -0.1276,
        }
        EventFactory.create(
            **like | changes | {"start_time": start, "end_time": start + timedelta(hours=1)}
        )
        assert as_olive.post(PATH, BODY)["possible_duplicates"] == []
