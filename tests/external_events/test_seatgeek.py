"""Requests to SeatGeek, and records of its events."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.errors import ProviderUnavailable
from external_events.exceptions import ExternalEventNotFound, ProviderNotConfigured
from external_events.providers import PROVIDERS
from external_events.providers.base import Query
from external_events.records import ExternalEvent, Status
from tests.standins import StandInResponse
from tests.standins import seatgeek as sg
from tests.standins.seatgeek import SeatGeekStandIn, sg_event, sg_performer
from tests.standins.troubles import CAPTCHA

pytestmark = pytest.mark.embedded  # needs no server

PROVIDER = PROVIDERS["seatgeek"]


def read(seatgeek: SeatGeekStandIn, event: dict[str, Any]) -> ExternalEvent:
    seatgeek.events = [event]
    return PROVIDER.fetch_event(str(event["id"]))


# -- A whole event --------------------------------------------------------------------------------


def test_event_becomes_a_record(seatgeek: SeatGeekStandIn) -> None:
    assert read(seatgeek, sg_event(description="One night only.")) == ExternalEvent(
        provider="seatgeek",
        external_id="5300417",
        title="The Night Owls with Guests",
        description="One night only.",
        location="The Attic, 7 High Street, Albany, NY",
        latitude=42.6526,
        longitude=-73.7562,
        timezone="America/New_York",
        start_time=datetime(2027, 5, 1, 23, 30, tzinfo=UTC),
        local_date=date(2027, 5, 1),
        url="https://seats.example/e/5300417",
        image="https://pictures.example/the-night-owls/huge.jpg",
        categories=("Concert",),
        price_min=Decimal("31.00"),
        price_max=Decimal("120.00"),
        currency="USD",
    )


def test_event_of_id_and_title_alone_leaves_the_rest_unknown(seatgeek: SeatGeekStandIn) -> None:
    assert read(seatgeek, {"id": 7, "title": "Something"}) == ExternalEvent(
        provider="seatgeek", external_id="7", title="Something"
    )


# -- Pages ----------------------------------------------------------------------------------------


def test_search_is_sorted_by_start(seatgeek: SeatGeekStandIn) -> None:
    seatgeek.events = [sg_event(1, local="2027-06-01T20:00"), sg_event(2)]
    found = PROVIDER.search(Query(), page=1, size=20)
    assert [record.external_id for record in found.records] == ["2", "1"]


def test_page_past_the_end_is_empty(seatgeek: SeatGeekStandIn) -> None:
    seatgeek.events = [sg_event()]
    found = PROVIDER.search(Query(), page=2, size=20)
    assert (found.total, found.records) == (1, ())


@pytest.mark.parametrize("meta", [None, {}, [], {"total": None}, {"total": "many"}, {"total": 0}])
def test_total_that_cannot_be_right_is_what_was_seen(seatgeek: SeatGeekStandIn, meta: Any) -> None:
    seatgeek.trouble = StandInResponse(200, {"events": [sg_event()], "meta": meta})
    assert PROVIDER.search(Query(), page=3, size=20).total == 41


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"id": 7},
        {"id": 0, "title": "Nothing"},
        {"id": -7, "title": "Below"},
        {"id": True, "title": "A yes"},
        {"id": 7.5, "title": "A fraction"},
        {"id": 10**18, "title": "Too large"},
        {"id": "seven", "title": "A word"},
        {"id": "007", "title": "Another's id"},
    ],
)
def test_entry_without_id_or_title_is_counted_as_unreadable(
    seatgeek: SeatGeekStandIn, entry: Any
) -> None:
    seatgeek.trouble = StandInResponse(200, {"events": [entry, sg_event()], "meta": {"total": 2}})
    found = PROVIDER.search(Query(), page=1, size=20)
    assert (len(found.records), found.unreadable) == (1, 1)


@pytest.mark.parametrize("body", [[], "page", 7, {}, {"events": {}}, {"events": None, "meta": {}}])
def test_body_that_is_no_page_is_no_empty_page(seatgeek: SeatGeekStandIn, body: Any) -> None:
    seatgeek.trouble = StandInResponse(200, body)
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=1, size=20)


# -- Request parameters ---------------------------------------------------------------------------


def added_params(seatgeek: SeatGeekStandIn, query: Query) -> dict[str, str]:
    """Return the parameters that the query adds to an empty one."""
    PROVIDER.search(query, page=1, size=50)
    always = {"client_id", "client_secret", "sort", "per_page", "page"}
    return {name: value for name, value in seatgeek.queries[-1].items() if name not in always}


def test_empty_query_requests_all_events(seatgeek: SeatGeekStandIn) -> None:
    PROVIDER.search(Query(), page=1, size=50)
    assert seatgeek.queries == [
        {
            "client_id": sg.CLIENT_ID,
            "client_secret": sg.CLIENT_SECRET,
            "sort": "datetime_utc.asc",
            "per_page": "50",
            "page": "1",
        }
    ]


def test_secret_that_is_not_set_is_not_sent(seatgeek: SeatGeekStandIn, settings: Any) -> None:
    settings.SEATGEEK_CLIENT_SECRET = ""
    seatgeek.trouble = StandInResponse(200, {"events": []})
    PROVIDER.search(Query(), page=1, size=50)
    assert {"client_id", "client_secret"} & {*seatgeek.queries[0]} == {"client_id"}


def test_words_are_sent_unchanged(seatgeek: SeatGeekStandIn) -> None:
    assert added_params(seatgeek, Query(text="jazz & blues")) == {"q": "jazz & blues"}


@pytest.mark.parametrize(
    ("location", "parameters"),
    [
        ("Albany", {"venue.city": "Albany"}),
        ("Austin, TX", {"venue.city": "Austin", "venue.state": "TX"}),
        ("London, GB", {"venue.city": "London", "venue.country": "UK"}),
        ("Albany, US", {"venue.city": "Albany", "venue.country": "US"}),
        ("Paris, FR", {"venue.city": "Paris"}),
        ("Toronto, CA", {"venue.city": "Toronto"}),
        ("Toronto, ON, CA", {"venue.city": "Toronto", "venue.state": "ON"}),
    ],
)
def test_location_is_spelled_like_the_venues(
    seatgeek: SeatGeekStandIn, location: str, parameters: dict[str, str]
) -> None:
    assert added_params(seatgeek, Query(location=location)) == parameters


def test_period_has_no_offsets(seatgeek: SeatGeekStandIn) -> None:
    query = Query(
        starts_from=datetime(2027, 5, 1, tzinfo=UTC), starts_before=datetime(2027, 5, 2, tzinfo=UTC)
    )
    assert added_params(seatgeek, query) == {
        "datetime_utc.gte": "2027-05-01T00:00:00",
        "datetime_utc.lt": "2027-05-02T00:00:00",
    }


# -- Times ----------------------------------------------------------------------------------------


def times(seatgeek: SeatGeekStandIn, event: dict[str, Any]) -> tuple[datetime | None, date | None]:
    found = read(seatgeek, event)
    return found.start_time, found.local_date


def test_local_time_wins_over_a_utc_time_that_disagrees(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event(datetime_utc="2027-05-01T12:00:00")
    assert times(seatgeek, event)[0] == datetime(2027, 5, 1, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", [None, "EDT", 4])
def test_unknown_zone_is_the_difference_of_whole_hours(
    seatgeek: SeatGeekStandIn, zone: Any
) -> None:
    event = sg_event()
    event["venue"]["timezone"] = zone
    found = read(seatgeek, event)
    assert (found.timezone, found.start_time) == (
        "Etc/GMT+4",
        datetime(2027, 5, 1, 23, 30, tzinfo=UTC),
    )


def test_utc_time_alone_is_used(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event(local="2027-05-01T21:30", datetime_local=None)
    assert times(seatgeek, event) == (datetime(2027, 5, 2, 1, 30, tzinfo=UTC), date(2027, 5, 1))


def test_time_to_be_determined_leaves_the_day(seatgeek: SeatGeekStandIn) -> None:
    assert times(seatgeek, sg_event(local="2027-05-01")) == (None, date(2027, 5, 1))


def test_time_to_be_determined_is_unknown_at_any_hour(seatgeek: SeatGeekStandIn) -> None:
    assert times(seatgeek, sg_event(time_tbd=True)) == (None, date(2027, 5, 1))


def test_date_to_be_determined_leaves_nothing(seatgeek: SeatGeekStandIn) -> None:
    assert times(seatgeek, sg_event(date_tbd=True)) == (None, None)


def test_both_to_be_determined_leaves_nothing(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event(datetime_tbd=True)
    del event["date_tbd"]
    assert times(seatgeek, event) == (None, None)


def test_both_to_be_determined_leaves_a_confirmed_day(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event(datetime_tbd=True, date_tbd=False)
    assert times(seatgeek, event) == (None, date(2027, 5, 1))


@pytest.mark.parametrize("flags", [[], ["datetime_tbd"], ["date_tbd", "datetime_tbd"]])
def test_placeholder_without_a_flag_is_no_hour(seatgeek: SeatGeekStandIn, flags: list[str]) -> None:
    event = sg_event(local="2027-05-01T03:30")
    for name in {"date_tbd", "time_tbd", "datetime_tbd"} - {*flags}:
        del event[name]
    assert times(seatgeek, event) == (None, date(2027, 5, 1))


def test_placeholder_is_no_hour_in_utc_alone_either(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event(local="2027-05-01T03:30", datetime_local=None, time_tbd=None)
    assert times(seatgeek, event) == (None, date(2027, 5, 1))


def test_half_past_three_is_known_if_the_flag_is_false(seatgeek: SeatGeekStandIn) -> None:
    assert times(seatgeek, sg_event(local="2027-05-01T03:30")) == (
        datetime(2027, 5, 1, 7, 30, tzinfo=UTC),
        date(2027, 5, 1),
    )


def test_event_without_flags_has_its_hour(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event()
    for name in ("date_tbd", "time_tbd", "datetime_tbd"):
        del event[name]
    assert times(seatgeek, event)[0] == datetime(2027, 5, 1, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "read_as"),
    [
        ("2027-05-02T02:00:00", datetime(2027, 5, 2, 2, tzinfo=UTC)),
        ("2027-05-01T23:30:00", None),
        ("2027-05-01T10:00:00", None),
        (None, None),
        ("soon", None),
    ],
)
def test_end_is_in_utc_and_after_the_start(
    seatgeek: SeatGeekStandIn, end: Any, read_as: datetime | None
) -> None:
    assert read(seatgeek, sg_event(enddatetime_utc=end)).end_time == read_as


def test_end_of_an_unknown_hour_is_unknown(seatgeek: SeatGeekStandIn) -> None:
    event = read(seatgeek, sg_event(local="2027-05-01", enddatetime_utc="2027-05-09T02:00:00"))
    assert (event.end_time, event.last_date) == (None, date(2027, 5, 8))


def test_end_that_is_only_a_date_is_the_last_day(seatgeek: SeatGeekStandIn) -> None:
    event = read(seatgeek, sg_event(local="2027-05-01T19:30", enddatetime_utc="2027-05-03"))
    assert (event.end_time, event.last_date) == (None, date(2027, 5, 3))


# -- Status ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("normal", Status.SCHEDULED),
        ("contingent", Status.SCHEDULED),
        ("canceled", Status.CANCELLED),
        ("Cancelled", Status.CANCELLED),
        ("postponed", Status.POSTPONED),
        ("rescheduled", Status.RESCHEDULED),
        (None, Status.SCHEDULED),
    ],
)
def test_status_is_read_in_both_spellings(
    seatgeek: SeatGeekStandIn, text: Any, status: Status
) -> None:
    assert read(seatgeek, sg_event(status=text)).status == status


# -- Texts, places, pictures ----------------------------------------------------------------------


def test_missing_title_is_the_short_one(seatgeek: SeatGeekStandIn) -> None:
    assert read(seatgeek, sg_event(title="", short_title="Owls")).title == "Owls"


def test_missing_title_is_the_performers(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event(title="", short_title=None)
    assert read(seatgeek, event).title == "The Night Owls, The Guests"


def test_location_names_the_country_without_a_state(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event(city="Brasilia")
    event["venue"] |= {"state": None, "country": "Brazil"}
    assert read(seatgeek, event).location == "The Attic, 7 High Street, Brasilia, Brazil"


def test_picture_is_from_the_first_performer_with_one(seatgeek: SeatGeekStandIn) -> None:
    performers = [
        sg_performer("Later"),
        sg_performer("First", primary=True, image=None, images=[]),
        sg_performer("Last"),
    ]
    event = sg_event(performers=performers)
    assert read(seatgeek, event).image == "https://pictures.example/later/huge.jpg"


def test_picture_may_have_one_size_alone(seatgeek: SeatGeekStandIn) -> None:
    event = sg_event(performers=[sg_performer("Owl", images={})])
    assert read(seatgeek, event).image == "https://pictures.example/owl/huge.jpg"


def test_categories_are_sorted_from_broad_to_narrow(
    seatgeek: SeatGeekStandIn,
) -> None:
    taxonomies = [
        {"id": 1010300, "parent_id": 1010000, "name": "minor_league_baseball"},
        {"id": 1010000, "parent_id": 1000000, "name": "baseball"},
        {"id": 1000000, "parent_id": None, "name": "sports"},
    ]
    event = sg_event(taxonomies=taxonomies, type="minor_league_baseball")
    assert read(seatgeek, event).categories == ("Sports", "Baseball", "Minor league baseball")


def test_circular_categories_end(seatgeek: SeatGeekStandIn) -> None:
    taxonomies = [
        {"id": 1, "parent_id": 2, "name": "hen"},
        {"id": 2, "parent_id": 1, "name": "egg"},
        {"id": [], "parent_id": {}, "name": 7},
    ]
    event = sg_event(taxonomies=taxonomies, type=None)
    assert read(seatgeek, event).categories == ("Hen", "Egg")


@pytest.mark.parametrize(
    "stats", [None, {}, {"lowest_price": None}, {"lowest_price": 0, "highest_price": 0}]
)
def test_price_is_unknown_without_offers(seatgeek: SeatGeekStandIn, stats: Any) -> None:
    found = read(seatgeek, sg_event(stats=stats))
    assert (found.price_min, found.price_max, found.currency) == (None, None, "")


def test_single_price_is_kept(seatgeek: SeatGeekStandIn) -> None:
    found = read(seatgeek, sg_event(stats={"lowest_price": 12.5}))
    assert (found.price_min, found.price_max, found.currency) == (Decimal("12.50"), None, "USD")


# -- One event ------------------------------------------------------------------------------------


def test_get_of_an_unknown_event_is_not_found(seatgeek: SeatGeekStandIn) -> None:
    with pytest.raises(ExternalEventNotFound):
        PROVIDER.fetch_event("7")


@pytest.mark.parametrize("external_id", ["", "0", "07", "-7", "7.0", "٧", "1" * 19, "7/venue"])
def test_invalid_id_sends_no_request(seatgeek: SeatGeekStandIn, external_id: str) -> None:
    with pytest.raises(ExternalEventNotFound):
        PROVIDER.fetch_event(external_id)
    assert seatgeek.calls == []


@pytest.mark.parametrize("body", [sg_event(8), {}, [], {"events": [sg_event(7)]}, {"id": 7}])
def test_get_with_an_invalid_body_is_unavailable(seatgeek: SeatGeekStandIn, body: Any) -> None:
    seatgeek.trouble = StandInResponse(200, body)
    with pytest.raises(ProviderUnavailable):
        PROVIDER.fetch_event("7")


def test_get_refused_by_a_page_is_unavailable(seatgeek: SeatGeekStandIn) -> None:
    seatgeek.trouble = StandInResponse(404, "<html>Not Found</html>")
    with pytest.raises(ProviderUnavailable):
        PROVIDER.fetch_event("7")


# -- Errors ---------------------------------------------------------------------------------------


def test_provider_without_a_client_is_not_configured(
    seatgeek: SeatGeekStandIn, settings: Any
) -> None:
    settings.SEATGEEK_CLIENT_ID = ""
    assert not PROVIDER.is_configured()
    with pytest.raises(ProviderNotConfigured):
        PROVIDER.search(Query(), page=1, size=20)
    with pytest.raises(ProviderNotConfigured):
        PROVIDER.fetch_event("7")
    assert seatgeek.calls == []


def test_wrong_client_is_unavailable(seatgeek: SeatGeekStandIn, settings: Any) -> None:
    settings.SEATGEEK_CLIENT_ID = "another"
    with pytest.raises(ProviderUnavailable):
        PROVIDER.fetch_event("7")


def test_captcha_is_unavailable(seatgeek: SeatGeekStandIn) -> None:
    seatgeek.trouble = CAPTCHA
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=1, size=20)


def test_refusal_is_logged_by_its_code_alone(
    seatgeek: SeatGeekStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    seatgeek.trouble = sg.refused(400, 40001, f"never {sg.CLIENT_ID}")
    with pytest.raises(ProviderUnavailable) as caught:
        PROVIDER.search(Query(text="private"), page=1, size=20)
    assert [record.msg["codes"] for record in caplog.records] == [[40001]]  # type: ignore[index]
    assert sg.CLIENT_ID not in caplog.text + str(caught.value)
    assert caught.value.__context__ is None


def test_refusal_without_codes_is_logged_by_its_status(
    seatgeek: SeatGeekStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    seatgeek.events = [sg_event()]
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=1, size=5001)
    entries = [record.msg for record in caplog.records]
    assert [(entry["status"], entry["codes"]) for entry in entries] == [(400, [])]  # type: ignore[index]
