"""Requests to Ticketmaster, and records of its events."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.errors import ProviderUnavailable
from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.providers import PROVIDERS
from external_events.providers.base import Query
from external_events.records import ExternalEvent
from tests.standins import StandInResponse
from tests.standins import ticketmaster as tm
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.embedded  # needs no server

PROVIDER = PROVIDERS["ticketmaster"]


def read(ticketmaster: TicketmasterStandIn, event: dict[str, Any]) -> ExternalEvent:
    ticketmaster.events = [event]
    return PROVIDER.fetch_event(event["id"])


# -- A whole event --------------------------------------------------------------------------------


def test_event_becomes_a_record(ticketmaster: TicketmasterStandIn) -> None:
    assert read(ticketmaster, tm_event()) == ExternalEvent(
        provider="ticketmaster",
        external_id="G5vYZ9kLmNoP_",
        title="An Evening of Jazz",
        description="Doors open at seven.",
        location="The Cellar, 1 Low Street, London, Great Britain",
        latitude=51.5072,
        longitude=-0.1276,
        timezone="Europe/London",
        start_time=datetime(2027, 5, 1, 18, 30, tzinfo=UTC),
        local_date=date(2027, 5, 1),
        url="https://tickets.example/event/G5vYZ9kLmNoP_",
        image="https://pictures.example/16_9/1024.jpg",
        categories=("Music", "Jazz", "Swing"),
        price_min=Decimal("20.00"),
        price_max=Decimal("45.50"),
        currency="GBP",
    )


def test_event_of_id_and_name_alone_leaves_the_rest_unknown(
    ticketmaster: TicketmasterStandIn,
) -> None:
    assert read(ticketmaster, {"id": "G5", "name": "Something"}) == ExternalEvent(
        provider="ticketmaster", external_id="G5", title="Something"
    )


# -- Pages ----------------------------------------------------------------------------------------


def test_search_is_sorted_by_start(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = [tm_event("late", local="2027-06-01T20:00"), tm_event("soon")]
    found = PROVIDER.search(Query(), page=1, size=20)
    assert [record.external_id for record in found.records] == ["soon", "late"]


def test_page_without_embedded_events_is_empty(ticketmaster: TicketmasterStandIn) -> None:
    found = PROVIDER.search(Query(), page=1, size=20)
    assert (found.total, found.records, found.unreadable) == (0, (), 0)


def test_page_past_the_end_has_the_total(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = [tm_event()]
    found = PROVIDER.search(Query(), page=2, size=20)
    assert (found.total, found.records) == (1, ())


def test_second_page_is_the_providers_page_one(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = [tm_event("first"), tm_event("second", local="2027-06-01T20:00")]
    [record] = PROVIDER.search(Query(), page=2, size=1).records
    assert (record.external_id, ticketmaster.queries[0]["page"]) == ("second", "1")


@pytest.mark.parametrize("total", [None, "many", -1, True, [], {}, 1e300, "9" * 400, 0])
def test_total_that_cannot_be_right_is_what_was_seen(
    ticketmaster: TicketmasterStandIn, total: Any
) -> None:
    ticketmaster.trouble = StandInResponse(
        200, {"_embedded": {"events": [tm_event()]}, "page": {"totalElements": total}}
    )
    assert PROVIDER.search(Query(), page=3, size=20).total == 41


def test_total_sent_as_text_is_read(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.trouble = StandInResponse(
        200, {"_embedded": {"events": [tm_event()]}, "page": {"totalElements": "75"}}
    )
    assert PROVIDER.search(Query(), page=1, size=20).total == 75


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "event",
        [],
        {},
        {"id": "G5"},
        {"name": "No id"},
        {"id": 5, "name": "A number"},
        {"id": "a/b", "name": "A path"},
        {"id": "G5", "name": " \u200b "},
        {"id": "G5", "name": "<script>alert(1)</script>"},
    ],
)
def test_entry_without_id_or_title_is_counted_as_unreadable(
    ticketmaster: TicketmasterStandIn, entry: Any
) -> None:
    ticketmaster.trouble = StandInResponse(
        200, {"_embedded": {"events": [entry, tm_event()]}, "page": {"totalElements": 2}}
    )
    found = PROVIDER.search(Query(), page=1, size=20)
    assert (len(found.records), found.unreadable) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [[], "page", 7, {}, {"page": []}, {"errors": []}, {"page": {}, "_embedded": {"events": {}}}],
)
def test_body_that_is_no_page_is_no_empty_page(
    ticketmaster: TicketmasterStandIn, body: Any
) -> None:
    ticketmaster.trouble = StandInResponse(200, body)
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=1, size=20)


# -- Request parameters ---------------------------------------------------------------------------


def added_params(ticketmaster: TicketmasterStandIn, query: Query) -> dict[str, str]:
    """Return the parameters that the query adds to an empty one."""
    PROVIDER.search(query, page=1, size=50)
    always = {"apikey", "locale", "sort", "size", "page"}
    return {name: value for name, value in ticketmaster.queries[-1].items() if name not in always}


def test_empty_query_requests_all_events_in_all_languages(
    ticketmaster: TicketmasterStandIn,
) -> None:
    PROVIDER.search(Query(), page=1, size=50)
    assert ticketmaster.queries == [
        {"apikey": tm.KEY, "locale": "*", "sort": "date,asc", "size": "50", "page": "0"}
    ]


def test_words_become_the_keyword(ticketmaster: TicketmasterStandIn) -> None:
    assert added_params(ticketmaster, Query(text="jazz & blues")) == {"keyword": "jazz & blues"}


@pytest.mark.parametrize(
    ("location", "parameters"),
    [
        ("Berlin", {"city": "Berlin"}),
        ("Austin, TX", {"city": "Austin", "stateCode": "TX"}),
        ("Austin,tx", {"city": "Austin", "stateCode": "TX"}),
        ("London, GB", {"city": "London", "countryCode": "GB"}),
        ("London, UK", {"city": "London", "countryCode": "GB"}),
        ("Toronto, CA", {"city": "Toronto"}),
        ("Berlin, DE", {"city": "Berlin"}),
        ("Springfield, IL, US", {"city": "Springfield", "stateCode": "IL", "countryCode": "US"}),
        (", FR", {"countryCode": "FR"}),
        ("Paris,", {"city": "Paris"}),
    ],
)
def test_location_becomes_parameters(
    ticketmaster: TicketmasterStandIn, location: str, parameters: dict[str, str]
) -> None:
    assert added_params(ticketmaster, Query(location=location)) == parameters


def test_period_ends_a_second_before_its_end(ticketmaster: TicketmasterStandIn) -> None:
    query = Query(
        starts_from=datetime(2027, 5, 1, tzinfo=UTC), starts_before=datetime(2027, 5, 2, tzinfo=UTC)
    )
    assert added_params(ticketmaster, query) == {
        "startDateTime": "2027-05-01T00:00:00Z",
        "endDateTime": "2027-05-01T23:59:59Z",
    }


def test_reachable_pages_are_those_before_the_wall(ticketmaster: TicketmasterStandIn) -> None:
    last = PROVIDER.reachable // PROVIDER.page_size
    PROVIDER.search(Query(), page=last, size=PROVIDER.page_size)
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=last + 2, size=PROVIDER.page_size)


# -- One event ------------------------------------------------------------------------------------


def test_get_is_case_sensitive(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = [tm_event("g5"), tm_event("G5", name="The other")]
    assert PROVIDER.fetch_event("G5").title == "The other"


def test_get_of_an_unknown_event_is_not_found(ticketmaster: TicketmasterStandIn) -> None:
    with pytest.raises(ExternalEventNotFound):
        PROVIDER.fetch_event("G5")


@pytest.mark.parametrize("external_id", ["", "../venues/1", "G5?x=1", "G5\n", "x" * 65, "Ä"])
def test_invalid_id_sends_no_request(ticketmaster: TicketmasterStandIn, external_id: str) -> None:
    with pytest.raises(ExternalEventNotFound):
        PROVIDER.fetch_event(external_id)
    assert ticketmaster.calls == []


@pytest.mark.parametrize("body", [tm_event("g5"), {}, [], "event", {"id": "G5"}])
def test_get_with_an_invalid_body_is_unavailable(
    ticketmaster: TicketmasterStandIn, body: Any
) -> None:
    ticketmaster.trouble = StandInResponse(200, body)
    with pytest.raises(ProviderUnavailable):
        PROVIDER.fetch_event("G5")


@pytest.mark.parametrize(
    "response",
    [
        StandInResponse(404, "<html>Not Found</html>"),
        StandInResponse(404, {"fault": {"faultstring": "Unable to identify proxy"}}),
        tm.refused("DIS1004", "Resource not found", 400),
    ],
)
def test_get_refused_without_the_code_for_no_such_event_is_unavailable(
    ticketmaster: TicketmasterStandIn, response: StandInResponse
) -> None:
    ticketmaster.trouble = response
    with pytest.raises(ProviderUnavailable):
        PROVIDER.fetch_event("G5")


# -- Errors ---------------------------------------------------------------------------------------


def test_provider_without_a_key_is_not_configured(
    ticketmaster: TicketmasterStandIn, settings: Any
) -> None:
    settings.TICKETMASTER_API_KEY = ""
    assert not PROVIDER.is_configured()
    with pytest.raises(ProviderNotConfigured):
        PROVIDER.search(Query(), page=1, size=20)
    with pytest.raises(ProviderNotConfigured):
        PROVIDER.fetch_event("G5")
    assert ticketmaster.calls == []


def test_wrong_key_is_unavailable(ticketmaster: TicketmasterStandIn, settings: Any) -> None:
    settings.TICKETMASTER_API_KEY = "another"
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=1, size=20)


def test_refusal_is_logged_by_its_code_alone(
    ticketmaster: TicketmasterStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    ticketmaster.trouble = StandInResponse(
        400,
        {"errors": [{"code": "DIS1015", "detail": f"never {tm.KEY}"}, {"code": tm.KEY}, 7]},
    )
    with pytest.raises(ProviderUnavailable) as caught:
        PROVIDER.search(Query(text="private"), page=1, size=20)
    assert [record.msg["codes"] for record in caplog.records] == [["DIS1015"]]  # type: ignore[index]
    assert tm.KEY not in caplog.text + str(caught.value)
    assert caught.value.__context__ is None
