"""Ticketmaster's events in our words, and what it is asked for."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from config.errors import ProviderUnavailable
from external_events.providers import PROVIDERS
from external_events.providers.base import ExternalEventNotFound, ProviderNotConfigured, Query
from external_events.records import ExternalEvent, Status
from tests.standins import Answer
from tests.standins import ticketmaster as tm
from tests.standins.ticketmaster import TicketmasterStandIn, tm_classification, tm_event, tm_image

PROVIDER = PROVIDERS["ticketmaster"]


def read(ticketmaster: TicketmasterStandIn, event: dict[str, Any]) -> ExternalEvent:
    ticketmaster.events = [event]
    return PROVIDER.get(event["id"])


def begins(
    ticketmaster: TicketmasterStandIn, start: Any, *, zone: str = "Europe/London", **dates: Any
) -> ExternalEvent:
    """Its venue tells no zone of its own."""
    event = tm_event(dates={"start": start, "timezone": zone, **dates})
    del event["_embedded"]["venues"][0]["timezone"]
    return read(ticketmaster, event)


# -- The whole of it ------------------------------------------------------------------------------


def test_event_is_told_in_our_words(ticketmaster: TicketmasterStandIn) -> None:
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


def test_search_gives_the_soonest_first(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = [tm_event("late", local="2027-06-01T20:00"), tm_event("soon")]
    found = PROVIDER.search(Query(), page=1, size=20)
    assert [record.external_id for record in found.records] == ["soon", "late"]


def test_page_without_embedded_events_is_empty(ticketmaster: TicketmasterStandIn) -> None:
    found = PROVIDER.search(Query(), page=1, size=20)
    assert (found.total, found.records, found.unreadable) == (0, (), 0)


def test_page_past_the_end_tells_the_total(ticketmaster: TicketmasterStandIn) -> None:
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
    ticketmaster.trouble = Answer(
        200, {"_embedded": {"events": [tm_event()]}, "page": {"totalElements": total}}
    )
    assert PROVIDER.search(Query(), page=3, size=20).total == 41


def test_total_sent_as_text_is_read(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.trouble = Answer(
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
    ticketmaster.trouble = Answer(
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
    ticketmaster.trouble = Answer(200, body)
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=1, size=20)


# -- What it is asked for -------------------------------------------------------------------------


def asked(ticketmaster: TicketmasterStandIn, query: Query) -> dict[str, str]:
    """What the query adds to an empty one."""
    PROVIDER.search(query, page=1, size=50)
    always = {"apikey", "locale", "sort", "size", "page"}
    return {name: value for name, value in ticketmaster.queries[-1].items() if name not in always}


def test_empty_query_asks_for_all_events_in_all_languages(
    ticketmaster: TicketmasterStandIn,
) -> None:
    PROVIDER.search(Query(), page=1, size=50)
    assert ticketmaster.queries == [
        {"apikey": tm.KEY, "locale": "*", "sort": "date,asc", "size": "50", "page": "0"}
    ]


def test_words_are_asked_for_as_keyword(ticketmaster: TicketmasterStandIn) -> None:
    assert asked(ticketmaster, Query(text="jazz & blues")) == {"keyword": "jazz & blues"}


@pytest.mark.parametrize(
    ("location", "parameters"),
    [
        ("Berlin", {"city": "Berlin"}),
        ("Austin, TX", {"city": "Austin", "stateCode": "TX"}),
        ("Austin,tx", {"city": "Austin", "stateCode": "TX"}),
        ("London, GB", {"city": "London", "countryCode": "GB"}),
        ("Toronto, CA", {"city": "Toronto"}),
        ("Berlin, DE", {"city": "Berlin"}),
        ("Springfield, IL, US", {"city": "Springfield", "stateCode": "IL", "countryCode": "US"}),
        (", FR", {"countryCode": "FR"}),
        ("Paris,", {"city": "Paris"}),
    ],
)
def test_location_is_asked_for_as_what_it_surely_means(
    ticketmaster: TicketmasterStandIn, location: str, parameters: dict[str, str]
) -> None:
    assert asked(ticketmaster, Query(location=location)) == parameters


def test_period_ends_a_second_before_its_end(ticketmaster: TicketmasterStandIn) -> None:
    query = Query(
        starts_from=datetime(2027, 5, 1, tzinfo=UTC), starts_before=datetime(2027, 5, 2, tzinfo=UTC)
    )
    assert asked(ticketmaster, query) == {
        "startDateTime": "2027-05-01T00:00:00Z",
        "endDateTime": "2027-05-01T23:59:59Z",
    }


def test_reachable_pages_are_those_before_the_wall(ticketmaster: TicketmasterStandIn) -> None:
    last = PROVIDER.reachable // PROVIDER.page_size
    PROVIDER.search(Query(), page=last, size=PROVIDER.page_size)
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=last + 2, size=PROVIDER.page_size)


# -- Times ----------------------------------------------------------------------------------------


def test_local_time_wins_over_a_utc_time_that_disagrees(ticketmaster: TicketmasterStandIn) -> None:
    start = {"localDate": "2027-01-25", "localTime": "01:00:00", "dateTime": "2027-01-25T01:00:00Z"}
    event = begins(ticketmaster, start, zone="America/Chicago")
    assert event.start_time == datetime(2027, 1, 25, 7, 0, tzinfo=UTC)


def test_zone_of_the_venue_stands_in_for_a_missing_one(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(local="2027-03-08T12:30", zone="America/Los_Angeles")
    del event["dates"]["timezone"]
    assert read(ticketmaster, event).timezone == "America/Los_Angeles"


def test_zone_of_the_dates_stands_in_for_an_unknown_one_of_the_venue(
    ticketmaster: TicketmasterStandIn,
) -> None:
    event = tm_event(zone="Europe/Berlin")
    event["_embedded"]["venues"][0]["timezone"] = "Somewhere/Else"
    assert read(ticketmaster, event).timezone == "Europe/Berlin"


def test_of_two_zones_the_one_that_fits_the_utc_time_is_taken(
    ticketmaster: TicketmasterStandIn,
) -> None:
    event = tm_event(zone="Europe/Berlin")
    event["_embedded"]["venues"][0]["timezone"] = "Europe/London"
    assert read(ticketmaster, event).timezone == "Europe/Berlin"


def test_of_two_zones_that_do_not_fit_the_venues_is_taken(
    ticketmaster: TicketmasterStandIn,
) -> None:
    event = tm_event(zone="Europe/Berlin")
    event["_embedded"]["venues"][0]["timezone"] = "Europe/London"
    event["dates"]["start"]["dateTime"] = "2027-05-01T09:00:00Z"
    assert read(ticketmaster, event).timezone == "Europe/London"


def without_zone(start: dict[str, Any]) -> dict[str, Any]:
    return {"id": "G5", "name": "Somewhere", "dates": {"start": start}}


@pytest.mark.parametrize(
    ("local", "zone"),
    [
        ("14:00:00", "Etc/GMT+4"),
        ("19:00:00", "Etc/GMT-1"),
        ("18:00:00", "UTC"),
        ("23:30:00", "UTC"),
    ],
)
def test_zone_that_nobody_tells_is_the_difference_of_whole_hours(
    ticketmaster: TicketmasterStandIn, local: str, zone: str
) -> None:
    start = {"localDate": "2027-05-01", "localTime": local, "dateTime": "2027-05-01T18:00:00Z"}
    event = read(ticketmaster, without_zone(start))
    assert (event.timezone, event.start_time) == (zone, datetime(2027, 5, 1, 18, tzinfo=UTC))


def test_difference_of_more_than_any_zones_is_none(ticketmaster: TicketmasterStandIn) -> None:
    start = {
        "localDate": "2027-05-02",
        "localTime": "09:00:00",
        "dateTime": "2027-05-01T18:00:00Z",
    }
    assert read(ticketmaster, without_zone(start)).timezone == "UTC"


def test_local_time_without_zone_or_utc_is_no_instant(ticketmaster: TicketmasterStandIn) -> None:
    event = read(ticketmaster, without_zone({"localDate": "2027-05-01", "localTime": "19:00:00"}))
    assert (event.start_time, event.local_date) == (None, date(2027, 5, 1))


def test_utc_time_alone_tells_the_day_there(ticketmaster: TicketmasterStandIn) -> None:
    event = begins(ticketmaster, {"dateTime": "2027-05-01T23:30:00Z"})
    assert (event.start_time, event.local_date) == (
        datetime(2027, 5, 1, 23, 30, tzinfo=UTC),
        date(2027, 5, 2),
    )


def test_hour_that_the_clock_skips_is_moved_on(ticketmaster: TicketmasterStandIn) -> None:
    start = {"localDate": "2027-03-28", "localTime": "01:30:00"}
    event = begins(ticketmaster, start, zone="Europe/London")
    assert event.start_time == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_hour_that_the_clock_repeats_is_the_first(ticketmaster: TicketmasterStandIn) -> None:
    start = {"localDate": "2027-10-31", "localTime": "01:30:00"}
    event = begins(ticketmaster, start, zone="Europe/London")
    assert event.start_time == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("flag", ["timeTBA", "noSpecificTime"])
def test_time_to_be_announced_leaves_the_day(ticketmaster: TicketmasterStandIn, flag: str) -> None:
    event = begins(
        ticketmaster,
        {
            "localDate": "2027-05-01",
            "localTime": "00:00:00",
            "dateTime": "2027-04-30T23:00:00Z",
            flag: True,
        },
    )
    assert (event.start_time, event.local_date, event.time_known) == (
        None,
        date(2027, 5, 1),
        False,
    )


@pytest.mark.parametrize("flag", ["dateTBA", "dateTBD"])
def test_date_to_be_announced_leaves_nothing(ticketmaster: TicketmasterStandIn, flag: str) -> None:
    event = begins(ticketmaster, tm_event()["dates"]["start"] | {flag: True})
    assert (event.start_time, event.local_date) == (None, None)


@pytest.mark.parametrize(
    "start",
    [
        None,
        {},
        {"localDate": "2027-02-30", "localTime": "19:00:00"},
        {"localDate": "1900-01-01", "localTime": "19:00:00", "dateTime": "1900-01-01T18:00:00Z"},
        {"localDate": "2201-01-01"},
        {"localDate": 20270501},
        {"localDate": "2027-W18-6"},
    ],
)
def test_date_that_is_none_is_unknown(ticketmaster: TicketmasterStandIn, start: Any) -> None:
    event = begins(ticketmaster, start)
    assert (event.start_time, event.local_date) == (None, None)


@pytest.mark.parametrize("hour", ["24:00:00", "7pm", "", None, 19, "19:60"])
def test_hour_that_is_none_is_unknown(ticketmaster: TicketmasterStandIn, hour: Any) -> None:
    event = begins(ticketmaster, {"localDate": "2027-05-01", "localTime": hour})
    assert (event.start_time, event.local_date) == (None, date(2027, 5, 1))


def test_year_that_is_another_in_utc_is_out_of_range(ticketmaster: TicketmasterStandIn) -> None:
    start = {"localDate": "2200-12-31", "localTime": "23:00:00"}
    event = begins(ticketmaster, start, zone="America/New_York")
    assert (event.start_time, event.local_date) == (None, date(2200, 12, 31))


def ends(ticketmaster: TicketmasterStandIn, end: Any) -> datetime | None:
    event = tm_event()
    event["dates"]["end"] = end
    return read(ticketmaster, event).end_time


def test_end_in_local_time_is_read_in_the_zone(ticketmaster: TicketmasterStandIn) -> None:
    end = {"localDate": "2027-05-01", "localTime": "23:00:00"}
    assert ends(ticketmaster, end) == datetime(2027, 5, 1, 22, 0, tzinfo=UTC)


def test_end_in_utc_is_taken(ticketmaster: TicketmasterStandIn) -> None:
    end = {"localTime": "23:00:00", "dateTime": "2027-05-01T22:00:00Z", "approximate": False}
    assert ends(ticketmaster, end) == datetime(2027, 5, 1, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "end",
    [
        {"dateTime": "2027-05-01T22:00:00Z", "approximate": True},
        {"dateTime": "2027-05-01T22:00:00Z", "noSpecificTime": True},
        {"localDate": "2027-05-02"},
        {"dateTime": "2027-05-01T18:30:00Z"},
        {"dateTime": "2027-04-01T18:30:00Z"},
        "late",
    ],
)
def test_end_that_is_open_or_not_after_the_start_is_unknown(
    ticketmaster: TicketmasterStandIn, end: Any
) -> None:
    assert ends(ticketmaster, end) is None


def test_end_without_a_start_is_unknown(ticketmaster: TicketmasterStandIn) -> None:
    event = begins(ticketmaster, {"localDate": "2027-05-01"}, end={"dateTime": "2027-05-09T22:00Z"})
    assert event.end_time is None


# -- Status ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("onsale", Status.SCHEDULED),
        ("offsale", Status.SCHEDULED),
        ("cancelled", Status.CANCELLED),
        ("Canceled", Status.CANCELLED),
        ("POSTPONED", Status.POSTPONED),
        ("rescheduled", Status.RESCHEDULED),
        ("moved_online", Status.SCHEDULED),
        (None, Status.SCHEDULED),
    ],
)
def test_status_is_the_events_and_not_that_of_its_tickets(
    ticketmaster: TicketmasterStandIn, code: Any, status: Status
) -> None:
    event = tm_event()
    event["dates"]["status"]["code"] = code
    assert read(ticketmaster, event).status == status


def test_empty_status_is_scheduled(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event()
    event["dates"]["status"] = {}
    assert read(ticketmaster, event).status == Status.SCHEDULED


def test_postponed_event_may_have_no_date(ticketmaster: TicketmasterStandIn) -> None:
    event = read(ticketmaster, tm_event(dates={"status": {"code": "postponed"}}))
    assert (event.status, event.start_time, event.local_date) == (Status.POSTPONED, None, None)


# -- Texts ----------------------------------------------------------------------------------------


def test_title_that_is_missing_is_who_plays(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(name="")
    event["_embedded"]["attractions"] = [{"name": "Ada"}, {}, {"name": "Olive"}, {"name": "ADA"}]
    assert read(ticketmaster, event).title == "Ada, Olive"


def test_title_is_one_plain_line(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(name="  <b>Jazz</b>\n&amp;\tBlues\x00\u202e ")
    assert read(ticketmaster, event).title == "Jazz & Blues"


def test_title_has_no_signs_that_turn_text_around_in_disguise(
    ticketmaster: TicketmasterStandIn,
) -> None:
    assert read(ticketmaster, tm_event(name="&#x202e;Jazz&#7;")).title == "Jazz"


def test_title_that_is_too_long_is_cut(ticketmaster: TicketmasterStandIn) -> None:
    assert read(ticketmaster, tm_event(name="x" * 201)).title == "x" * 199 + "…"


def test_description_has_the_lines_of_the_html_and_not_its_scripts(
    ticketmaster: TicketmasterStandIn,
) -> None:
    html = (
        "<p>Two sets<br/>and a &lt;3 encore.</p><style>p {}</style><script>steal()</script>"
        "<ul><li onclick='x()'>Bar</li><li>Food</li></ul>"
    )
    assert (
        read(ticketmaster, tm_event(info=html)).description
        == "Two sets\nand a <3 encore.\n\nBar\n\nFood"
    )


def test_description_that_was_escaped_twice_has_no_tags(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(info="&lt;b&gt;Bold&lt;/b&gt; &lt;script&gt;x&lt;/script&gt;move")
    assert read(ticketmaster, event).description == "Bold move"


def test_description_says_nothing_twice(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(
        description="Doors at seven.",
        info="Doors at seven. Bar until midnight.",
        pleaseNote="Bar until midnight.",
        additionalInfo="No bags.",
    )
    assert (
        read(ticketmaster, event).description == "Doors at seven. Bar until midnight.\n\nNo bags."
    )


# -- Where ----------------------------------------------------------------------------------------


def test_event_without_venue_has_no_place(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event()
    del event["_embedded"]
    found = read(ticketmaster, event)
    assert (found.location, found.latitude, found.longitude) == ("", None, None)


def test_place_stands_in_for_a_missing_venue(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(place={"name": "The Meadow", "city": {"name": "Bath"}})
    del event["_embedded"]["venues"]
    assert read(ticketmaster, event).location == "The Meadow, Bath"


def test_location_names_the_state_rather_than_the_country(
    ticketmaster: TicketmasterStandIn,
) -> None:
    event = tm_event(city="Austin")
    event["_embedded"]["venues"][0] |= {"state": {"name": "Texas", "stateCode": "TX"}}
    assert read(ticketmaster, event).location == "The Cellar, 1 Low Street, Austin, Texas"


def test_location_says_nothing_twice(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(city="London")
    event["_embedded"]["venues"][0] |= {"name": "LONDON", "address": {"line1": "London"}}
    assert read(ticketmaster, event).location == "LONDON, Great Britain"


@pytest.mark.parametrize(
    "location",
    [
        None,
        {},
        {"latitude": "51.5"},
        {"latitude": "51.5", "longitude": "east"},
        {"latitude": "91", "longitude": "0.1"},
        {"latitude": 51.5, "longitude": 10**40},
        {"latitude": "NaN", "longitude": "1"},
        {"latitude": True, "longitude": 1},
        {"latitude": "0.0", "longitude": 0},
    ],
)
def test_coordinates_come_both_or_not_at_all(
    ticketmaster: TicketmasterStandIn, location: Any
) -> None:
    event = tm_event()
    event["_embedded"]["venues"][0]["location"] = location
    found = read(ticketmaster, event)
    assert (found.latitude, found.longitude) == (None, None)


# -- Pictures, links, categories ------------------------------------------------------------------


def picture(ticketmaster: TicketmasterStandIn, *images: Any) -> str:
    address = read(ticketmaster, tm_event(images=[*images])).image
    return address.removeprefix("https://pictures.example/").removesuffix(".jpg")


def test_picture_is_the_widest_that_is_not_for_print(ticketmaster: TicketmasterStandIn) -> None:
    assert picture(ticketmaster, tm_image(640), tm_image(2048), tm_image(2426)) == "16_9/2048"


def test_picture_is_a_landscape_rather_than_a_wider_one(ticketmaster: TicketmasterStandIn) -> None:
    assert (
        picture(ticketmaster, tm_image(900, ratio="4_3"), tm_image(305, ratio="3_2")) == "3_2/305"
    )


def test_picture_is_the_events_own_rather_than_a_wider_one(
    ticketmaster: TicketmasterStandIn,
) -> None:
    assert (
        picture(ticketmaster, tm_image(2048, fallback=True), tm_image(305, ratio="4_3"))
        == "4_3/305"
    )


def test_picture_of_its_kind_is_better_than_none(ticketmaster: TicketmasterStandIn) -> None:
    assert picture(ticketmaster, tm_image(640, fallback=True)) == "16_9/640"


def test_picture_without_an_address_is_none(ticketmaster: TicketmasterStandIn) -> None:
    assert picture(ticketmaster, {"width": 640}, tm_image(640) | {"url": "data:x"}, None) == ""


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://tickets.example/",
        "https://",
        "https://ada:pass@tickets.example/",
        "https://tickets.example/\u202e",
        "https://[tickets.example/",
        "https://tickets.example/" + "x" * 2000,
        ["https://tickets.example/"],
    ],
)
def test_link_that_is_none_is_left_out(ticketmaster: TicketmasterStandIn, url: Any) -> None:
    assert read(ticketmaster, tm_event(url=url)).url == ""


def test_categories_are_those_of_the_primary_classification(
    ticketmaster: TicketmasterStandIn,
) -> None:
    event = tm_event(
        classifications=[
            tm_classification("Sports", "Darts", primary=False),
            tm_classification("Music", "Jazz"),
        ]
    )
    assert read(ticketmaster, event).categories == ("Music", "Jazz")


def test_categories_leave_out_doubles_and_what_is_undefined(
    ticketmaster: TicketmasterStandIn,
) -> None:
    event = tm_event(classifications=[tm_classification("Music", "Undefined", "MUSIC")])
    assert read(ticketmaster, event).categories == ("Music",)


# -- Prices ---------------------------------------------------------------------------------------


def prices(ticketmaster: TicketmasterStandIn, *ranges: Any) -> tuple[Any, ...]:
    event = read(ticketmaster, tm_event(priceRanges=[*ranges]))
    return event.price_min, event.price_max, event.currency


def test_prices_without_fees_are_preferred(ticketmaster: TicketmasterStandIn) -> None:
    assert prices(
        ticketmaster,
        {"type": "standard including fees", "currency": "GBP", "min": 47.45, "max": 178.9},
        {"type": "standard", "currency": "GBP", "min": 40.0, "max": 159.5},
    ) == (Decimal("40.00"), Decimal("159.50"), "GBP")


def test_prices_mixed_up_are_put_in_order(ticketmaster: TicketmasterStandIn) -> None:
    assert prices(ticketmaster, {"currency": "EUR", "min": 30, "max": "12.345"}) == (
        Decimal("12.35"),
        Decimal("30.00"),
        "EUR",
    )


@pytest.mark.parametrize("amount", [-1, 100_000_000, 99_999_999.999, "free", None, True, [12]])
def test_price_that_is_none_is_unknown(ticketmaster: TicketmasterStandIn, amount: Any) -> None:
    priced = prices(ticketmaster, {"currency": "EUR", "min": amount, "max": amount})
    assert priced == (None, None, "")


def test_currency_that_is_none_is_unknown(ticketmaster: TicketmasterStandIn) -> None:
    assert prices(ticketmaster, {"currency": "€", "min": 1, "max": 2}) == (
        Decimal("1.00"),
        Decimal("2.00"),
        "",
    )


# -- One by its id --------------------------------------------------------------------------------


def test_get_knows_large_letters_from_small_ones(ticketmaster: TicketmasterStandIn) -> None:
    ticketmaster.events = [tm_event("g5"), tm_event("G5", name="The other")]
    assert PROVIDER.get("G5").title == "The other"


def test_get_of_an_unknown_event_is_not_found(ticketmaster: TicketmasterStandIn) -> None:
    with pytest.raises(ExternalEventNotFound):
        PROVIDER.get("G5")


@pytest.mark.parametrize("external_id", ["", "../venues/1", "G5?x=1", "G5\n", "x" * 65, "Ä"])
def test_get_of_what_can_be_no_id_asks_nobody(
    ticketmaster: TicketmasterStandIn, external_id: str
) -> None:
    with pytest.raises(ExternalEventNotFound):
        PROVIDER.get(external_id)
    assert ticketmaster.calls == []


@pytest.mark.parametrize("body", [tm_event("g5"), {}, [], "event", {"id": "G5"}])
def test_get_answered_with_something_else_is_unavailable(
    ticketmaster: TicketmasterStandIn, body: Any
) -> None:
    ticketmaster.trouble = Answer(200, body)
    with pytest.raises(ProviderUnavailable):
        PROVIDER.get("G5")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, "<html>Not Found</html>"),
        Answer(404, {"fault": {"faultstring": "Unable to identify proxy"}}),
        tm.refused("DIS1004", "Resource not found", 400),
    ],
)
def test_get_refused_without_the_code_for_no_such_event_is_unavailable(
    ticketmaster: TicketmasterStandIn, answer: Answer
) -> None:
    ticketmaster.trouble = answer
    with pytest.raises(ProviderUnavailable):
        PROVIDER.get("G5")


# -- Refusals -------------------------------------------------------------------------------------


def test_provider_without_a_key_is_not_configured(
    ticketmaster: TicketmasterStandIn, settings: Any
) -> None:
    settings.TICKETMASTER_API_KEY = ""
    assert not PROVIDER.is_configured()
    with pytest.raises(ProviderNotConfigured):
        PROVIDER.search(Query(), page=1, size=20)
    with pytest.raises(ProviderNotConfigured):
        PROVIDER.get("G5")
    assert ticketmaster.calls == []


def test_wrong_key_is_unavailable(ticketmaster: TicketmasterStandIn, settings: Any) -> None:
    settings.TICKETMASTER_API_KEY = "another"
    with pytest.raises(ProviderUnavailable):
        PROVIDER.search(Query(), page=1, size=20)


def test_refusal_is_logged_by_its_code_alone(
    ticketmaster: TicketmasterStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    ticketmaster.trouble = Answer(
        400,
        {"errors": [{"code": "DIS1015", "detail": f"never {tm.KEY}"}, {"code": tm.KEY}, 7]},
    )
    with pytest.raises(ProviderUnavailable) as caught:
        PROVIDER.search(Query(text="private"), page=1, size=20)
    assert [record.msg["codes"] for record in caplog.records] == [["DIS1015"]]  # type: ignore[index]
    assert tm.KEY not in caplog.text + str(caught.value)
    assert caught.value.__context__ is None
