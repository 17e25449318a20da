"""Search at a provider."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import User
from core.errors import ProviderUnavailable
from external_events.providers import PROVIDERS
from external_events.providers.base import Query
from external_events.services import request_cache
from external_events.services.search import search
from tests.client import Api, refusal
from tests.conftest import empty_caches
from tests.external_events.conftest import SOMEBODY
from tests.standins import StandInResponse
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.both

PATH = "/external-events/"


def events(number: int) -> list[dict[str, Any]]:
    return [tm_event(f"G{index:04}", f"Jazz {index}") for index in range(number)]


def test_search_returns_the_provider_s_events(
    as_ada: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = [tm_event("G5vYZ", "An Evening of Jazz", local="2027-05-01T19:30")]
    response = as_ada.get(f"{PATH}?provider=ticketmaster&query=jazz&location=London")
    assert {name: response[name] for name in ("count", "next", "previous", "stale")} == {
        "count": 1,
        "next": None,
        "previous": None,
        "stale": False,
    }
    assert response["fetched_at"].endswith("Z")
    [shown] = response["results"]
    assert shown == {
        "provider": "ticketmaster",
        "external_id": "G5vYZ",
        "title": "An Evening of Jazz",
        "description": "Doors open at seven.",
        "location": "The Cellar, 1 Low Street, London, Great Britain",
        "latitude": 51.5072,
        "longitude": -0.1276,
        "start_time": "2027-05-01T18:30:00Z",
        "end_time": None,
        "timezone": "Europe/London",
        "time_known": True,
        "local_date": "2027-05-01",
        "status": "scheduled",
        "url": "https://tickets.example/event/G5vYZ",
        "image": "https://pictures.example/16_9/1024.jpg",
        "category": "Music",
        "price_min": "20.00",
        "price_max": "45.50",
        "currency": "GBP",
        "imported_event_id": None,
    }


def test_search_sends_its_parameters(as_ada: Api, ticketmaster: TicketmasterStandIn) -> None:
    as_ada.get(
        f"{PATH}?query=jazz&location=London, GB&date_from=2027-05-01&date_to=2027-05-31"
        "&page=2&limit=50",
        expect=404,
    )
    [query] = ticketmaster.queries
    names = ("keyword", "city", "countryCode", "startDateTime", "endDateTime", "size", "page")
    assert {name: query.get(name) for name in names} == {
        "keyword": "jazz",
        "city": "London",
        "countryCode": "GB",
        # The earliest and latest instants that are on these days anywhere.
        "startDateTime": "2027-04-30T10:00:00Z",
        "endDateTime": "2027-06-01T11:59:59Z",
        "size": "100",
        "page": "0",
    }


def test_search_without_days_requests_the_page(
    as_ada: Api, ticketmaster: TicketmasterStandIn
) -> None:
    as_ada.get(f"{PATH}?query=jazz&page=2&limit=50", expect=404)
    [query] = ticketmaster.queries
    names = ("startDateTime", "endDateTime", "localStartDateTime", "size", "page")
    assert [query.get(name) for name in names] == [None, None, None, "50", "1"]


def test_repeated_search_uses_the_cache(
    as_ada: Api, as_sam: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = events(1)
    first, second = as_ada.get(f"{PATH}?query=jazz"), as_sam.get(f"{PATH}?query=jazz")
    assert (first, len(ticketmaster.calls)) == (second, 1)


def test_search_without_provider_uses_the_one_with_a_key(
    as_ada: Api, seatgeek: SeatGeekStandIn
) -> None:
    seatgeek.events = [sg_event()]
    [shown] = as_ada.get(PATH)["results"]
    assert shown["provider"] == "seatgeek"


def test_pages_go_up_to_the_provider_s_wall(as_ada: Api, ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = events(1010)
    first = as_ada.get(f"{PATH}?limit=100")
    assert (first["count"], first["provider_total"]) == (1000, 1010)
    assert first["next"].endswith("limit=100&page=2")
    last = as_ada.get(f"{PATH}?limit=100&page=10")
    assert (len(last["results"]), last["next"]) == (100, None)
    cut = as_ada.get(f"{PATH}?limit=30&page=34")
    assert (len(cut["results"]), cut["next"]) == (10, None)
    calls = len(ticketmaster.calls)
    as_ada.get(f"{PATH}?limit=100&page=11", expect=404)
    assert len(ticketmaster.calls) == calls


def test_page_past_the_end_is_404(as_ada: Api, ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = events(3)
    as_ada.get(f"{PATH}?limit=2&page=3", expect=404)


def test_search_without_results_is_an_empty_page(
    as_ada: Api, ticketmaster: TicketmasterStandIn
) -> None:
    response = as_ada.get(f"{PATH}?query=nothing")
    assert (response["count"], response["results"]) == (0, [])


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ("provider=eventbrite", "provider", "invalid_choice"),
        ("page=0", "page", "not_a_positive_integer"),
        ("limit=x", "limit", "not_a_positive_integer"),
        ("date_from=tomorrow", "date_from", "invalid"),
        ("date_from=1066-10-14", "date_from", "out_of_range"),
        ("date_from=2027-05-02&date_to=2027-05-01", "date_to", "end_before_start"),
        ("query=" + "x" * 257, "query", "max_length"),
        ("location=a%00b", "location", "null_characters_not_allowed"),
    ],
)
def test_invalid_search_sends_no_request(
    as_ada: Api, ticketmaster: TicketmasterStandIn, params: str, field: str, code: str
) -> None:
    assert refusal(as_ada.get(f"{PATH}?{params}", expect=400)) == ((field, code),)
    assert ticketmaster.calls == []


def test_anonymous_search_is_401(as_nobody: Api) -> None:
    as_nobody.get(PATH, expect=401)


def test_provider_without_a_key_is_not_configured(as_ada: Api) -> None:
    problem = as_ada.get(f"{PATH}?provider=ticketmaster", expect=503)
    assert problem["code"] == "provider_not_configured"


def test_failing_provider_is_unavailable(as_ada: Api, ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.trouble = StandInResponse(500, "")
    problem = as_ada.get(PATH, expect=503)
    assert problem["code"] == "provider_unavailable"


class TestCachedResults:
    """Cached results are returned while the provider is away."""

    def test_stale_results_are_returned_and_refreshed(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = events(1)
        now = datetime.now(UTC)
        as_ada.get(PATH)
        ticketmaster.events = events(2)
        with time_machine.travel(now + timedelta(seconds=request_cache.FRESH_S + 1), tick=True):
            stale = as_ada.get(PATH)
            assert (stale["count"], stale["stale"]) == (1, True)
            request_cache.wait_for_refreshes()
            fresh = as_ada.get(PATH)
            assert (fresh["count"], fresh["stale"], len(ticketmaster.calls)) == (2, False, 2)

    def test_cached_results_are_returned_while_the_provider_is_away(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = events(1)
        now = datetime.now(UTC)
        as_ada.get(PATH)
        ticketmaster.trouble = StandInResponse(500, "")
        with time_machine.travel(now + timedelta(seconds=request_cache.FRESH_S + 1), tick=True):
            as_ada.get(PATH)
            request_cache.wait_for_refreshes()
            again = as_ada.get(PATH)
            assert (again["count"], again["stale"]) == (1, True)
            request_cache.wait_for_refreshes()

    def test_cached_results_are_not_returned_without_the_key(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn, settings: Any
    ) -> None:
        as_ada.get(f"{PATH}?provider=ticketmaster")
        settings.TICKETMASTER_API_KEY = ""
        problem = as_ada.get(f"{PATH}?provider=ticketmaster", expect=503)
        assert problem["code"] == "provider_not_configured"

    def test_key_of_the_cache_differs_by_query(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        for params in ("query=a", "location=a", "query=a&limit=5", "query=a&date_from=2027-01-01"):
            as_ada.get(f"{PATH}?{params}")
        assert len(ticketmaster.calls) == 4


def test_imported_event_has_its_id(
    as_olive: Api, as_ada: Api, ticketmaster: TicketmasterStandIn, olive: User
) -> None:
    ticketmaster.events = events(2)
    body = {"provider": "ticketmaster"}
    event = as_olive.post("/external-events/G0001/import/", body)
    shown = as_ada.get(PATH)["results"]
    assert [result["imported_event_id"] for result in shown] == [None, event["id"]]


def test_draft_is_shown_to_its_owner_only(
    as_olive: Api, as_ada: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = events(1)
    body = {"provider": "ticketmaster", "status": "draft"}
    event = as_olive.post("/external-events/G0000/import/", body)
    shown_to = [api.get(PATH)["results"][0]["imported_event_id"] for api in (as_ada, as_olive)]
    assert shown_to == [None, event["id"]]


def test_search_works_after_the_cache_lost_everything(
    as_ada: Api, ticketmaster: TicketmasterStandIn
) -> None:
    ticketmaster.events = events(1)
    as_ada.get(PATH)
    empty_caches()
    assert as_ada.get(PATH)["count"] == 1


def test_few_threads_wait_for_a_hanging_provider(
    ticketmaster: TicketmasterStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_cache, "_WAIT_FOR_SLOT_S", 0.1)
    ticketmaster.pause_s = 0.01  # before each byte
    provider = PROVIDERS["ticketmaster"]

    def look(number: int) -> str:
        try:
            search(provider, Query(text=str(number)), page=1, size=1, caller=SOMEBODY)
        except ProviderUnavailable as error:
            return str(error)
        return "found"

    with ThreadPoolExecutor(6) as threads:
        results = Counter(threads.map(look, range(6)))
    assert results == {"found": 4, "Too many requests wait for this provider. Try again soon.": 2}
