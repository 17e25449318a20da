"""An end that is only a date lasts to the end of that day at the venue."""

from typing import Any

import pytest

from events.models import Event
from tests.client import Api
from tests.external_events.conftest import text_of
from tests.external_events.test_following import apply_update
from tests.external_events.test_runs import ran, subscribe
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

BODY = {"provider": "ticketmaster"}
PATH = "/external-events/G5vYZ/import/"
NAMES = ("start_time", "end_time", "end_time_known", "timezone")


def festival(start: str, end: str, *, zone: str = "Europe/London") -> dict[str, Any]:
    """Return a festival from Friday to Sunday, the fourth."""
    event = tm_event("G5vYZ", "The Meadow Festival", local=start, zone=zone)
    event["dates"]["end"] = {"localDate": end}
    return event


def only(event: dict[str, Any]) -> list[Any]:
    return [event[name] for name in NAMES]


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/London", "2027-07-02T11:00:00Z", "2027-07-04T22:59:59Z"),
        ("Pacific/Honolulu", "2027-07-02T22:00:00Z", "2027-07-05T09:59:59Z"),
        ("Pacific/Auckland", "2027-07-02T00:00:00Z", "2027-07-04T11:59:59Z"),
        ("Asia/Kathmandu", "2027-07-02T06:15:00Z", "2027-07-04T18:14:59Z"),
    ],
    ids=["London", "Honolulu", "Auckland", "Kathmandu"],
)
def test_festival_lasts_to_the_end_of_its_last_day(
    as_olive: Api, ticketmaster: TicketmasterStandIn, zone: str, start: str, end: str
) -> None:
    ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-04", zone=zone)]
    assert only(as_olive.post(PATH, BODY)) == [start, end, False, zone]


def test_clock_change_in_between_does_not_move_the_end(
    as_olive: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = [festival("2027-03-26T12:00", "2027-03-28")]
    event = as_olive.post(PATH, BODY)
    assert only(event)[:2] == ["2027-03-26T12:00:00Z", "2027-03-28T22:59:59Z"]


def test_end_on_the_day_of_the_start_is_the_end_of_that_day(
    as_olive: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-02")]
    assert as_olive.post(PATH, BODY)["end_time"] == "2027-07-02T22:59:59Z"


def test_end_before_the_start_is_estimated(
    as_olive: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-01")]
    assert as_olive.post(PATH, BODY)["end_time"] == "2027-07-02T14:00:00Z"


class TestGivenStart:
    """The provider does not know the hour, or the organizer overrides it."""

    @pytest.mark.parametrize("start", ["2027-07-02", "2027-07-02T12:00"], ids=["day", "hour"])
    def test_start_of_the_same_day_keeps_the_last_day(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn, start: str
    ) -> None:
        ticketmaster.events = [festival(start, "2027-07-04")]
        event = as_olive.post(PATH, BODY | {"start_time": "2027-07-02T18:00"})
        assert only(event)[:3] == ["2027-07-02T17:00:00Z", "2027-07-04T22:59:59Z", False]

    def test_start_of_another_day_moves_the_last_day(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-04")]
        event = as_olive.post(PATH, BODY | {"start_time": "2027-07-09T18:00"})
        assert only(event)[:3] == ["2027-07-09T17:00:00Z", "2027-07-11T22:59:59Z", False]

    def test_unknown_start_must_be_given(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [festival("2027-07-02", "2027-07-04")]
        problem = as_olive.post(PATH, BODY, expect=400)
        assert problem["errors"][0]["field"] == "start_time"

    def test_last_day_of_seatgeek_is_included(
        self, as_olive: Api, seatgeek: SeatGeekStandIn
    ) -> None:
        seatgeek.events = [sg_event(4711, local="2027-07-02", enddatetime_utc="2027-07-04")]
        body = {"provider": "seatgeek", "start_time": "2027-07-02T12:00"}
        event = as_olive.post("/external-events/4711/import/", body)
        assert only(event)[:3] == ["2027-07-02T16:00:00Z", "2027-07-05T03:59:59Z", False]


class TestWholeDays:
    """The provider knows only days, which is enough for an all-day event."""

    @pytest.mark.parametrize(
        ("given", "days"),
        [
            ({}, ["2027-07-02", "2027-07-04", False]),
            ({"start_time": "2027-07-09"}, ["2027-07-09", "2027-07-11", False]),
            ({"end_time": "2027-07-03"}, ["2027-07-02", "2027-07-03", True]),
        ],
        ids=["nothing", "another first day", "another last day"],
    )
    @pytest.mark.parametrize("start", ["2027-07-02", "2027-07-02T12:00"], ids=["day", "hour"])
    def test_days_of_the_provider_are_those_of_the_event(
        self,
        as_olive: Api,
        ticketmaster: TicketmasterStandIn,
        start: str,
        given: dict[str, Any],
        days: list[Any],
    ) -> None:
        ticketmaster.events = [festival(start, "2027-07-04", zone="Pacific/Auckland")]
        event = as_olive.post(PATH, BODY | {"is_all_day": True} | given)
        assert only(event) == [*days, "Pacific/Auckland"]

    def test_single_day_needs_no_end(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [tm_event("G5vYZ", local="2027-07-02")]
        event = as_olive.post(PATH, BODY | {"is_all_day": True})
        assert only(event)[:3] == ["2027-07-02", "2027-07-02", False]


class TestLater:
    def test_moved_last_day_is_applied(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-04")]
        event = as_olive.post(PATH, BODY)
        ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-05")]
        apply_update()
        assert only(as_olive.get(f"/events/{event['id']}/"))[1:3] == ["2027-07-05T22:59:59Z", False]

    def test_end_with_a_time_is_not_estimated(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-04")]
        event = as_olive.post(PATH, BODY)
        ticketmaster.events[0]["dates"]["end"]["localTime"] = "20:00:00"
        apply_update()
        assert only(as_olive.get(f"/events/{event['id']}/"))[1:3] == ["2027-07-04T19:00:00Z", True]

    def test_event_of_an_earlier_version_gets_its_last_day(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        """It was stored with an end after three hours."""
        ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-01")]
        event = as_olive.post(PATH, BODY)
        ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-04")]
        apply_update()
        assert as_olive.get(f"/events/{event['id']}/")["end_time"] == "2027-07-04T22:59:59Z"

    @pytest.mark.django_db
    def test_run_imports_the_last_day(self, ticketmaster: TicketmasterStandIn) -> None:
        ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-04")]
        ran(subscribe(query="meadow"))
        event = Event.objects.get()
        assert (f"{event.end_time:%Y-%m-%d %H:%M:%S}", event.end_time_known) == (
            "2027-07-04 22:59:59", False,
        )  # fmt: skip

    def test_preview_shows_the_last_day_and_the_end(
        self, admin_page: Any, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [festival("2027-07-02T12:00", "2027-07-04")]
        page = text_of(
            admin_page("/external_events/import/preview/?provider=ticketmaster&id=G5vYZ")
        )
        assert "End Sun 4 Jul 2027, at an unknown time" in page
        assert "Sun 4 Jul 2027, 23:59 Europe/London (estimated: unknown at the provider)" in page
