"""Texts, places, pictures, categories and prices of Ticketmaster's events."""

from decimal import Decimal
from typing import Any

import pytest

from external_events.providers import PROVIDERS
from external_events.records import ExternalEvent
from tests.ids import short_id
from tests.standins.ticketmaster import TicketmasterStandIn, tm_classification, tm_event, tm_image

pytestmark = pytest.mark.embedded  # needs no server

PROVIDER = PROVIDERS["ticketmaster"]


def read(ticketmaster: TicketmasterStandIn, event: dict[str, Any]) -> ExternalEvent:
    ticketmaster.events = [event]
    return PROVIDER.fetch_event(event["id"])


# -- Texts ----------------------------------------------------------------------------------------


def test_missing_title_is_the_performers(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(name="")
    event["_embedded"]["attractions"] = [{"name": "Ada"}, {}, {"name": "Olive"}, {"name": "ADA"}]
    assert read(ticketmaster, event).title == "Ada, Olive"


def test_title_is_one_plain_line(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(name="  <b>Jazz</b>\n&amp;\tBlues\x00\u202e ")
    assert read(ticketmaster, event).title == "Jazz & Blues"


def test_title_has_no_bidirectional_controls(
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


def test_description_repeats_nothing(ticketmaster: TicketmasterStandIn) -> None:
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


NAMELESS = {"id": "KovZ9", "city": {"name": "Nowhere"}, "location": {"latitude": "1"}}


@pytest.mark.parametrize("first", [NAMELESS, NAMELESS | {"name": "  "}, {}], ids=short_id)
def test_venue_without_a_name_is_replaced_by_the_next(
    ticketmaster: TicketmasterStandIn, first: dict[str, Any]
) -> None:
    event = tm_event()
    event["_embedded"]["venues"].insert(0, first)
    found = read(ticketmaster, event)
    assert (found.location, found.latitude, found.timezone) == (
        "The Cellar, 1 Low Street, London, Great Britain", 51.5072, "Europe/London",
    )  # fmt: skip


def test_venue_without_a_name_is_replaced_by_the_place(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(place={"name": "The Meadow"})
    del event["_embedded"]["venues"][0]["name"]
    assert read(ticketmaster, event).location == "The Meadow"


def test_venues_without_names_are_better_than_none(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event()
    del event["_embedded"]["venues"][0]["name"]
    assert read(ticketmaster, event).location == "1 Low Street, London, Great Britain"


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


def test_location_repeats_nothing(ticketmaster: TicketmasterStandIn) -> None:
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
def test_incomplete_coordinates_are_ignored(
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
def test_invalid_link_is_excluded(ticketmaster: TicketmasterStandIn, url: Any) -> None:
    assert read(ticketmaster, tm_event(url=url)).url == ""


def test_link_cannot_break_out_of_a_page(ticketmaster: TicketmasterStandIn) -> None:
    url = """https://tickets.example/a"onclick='alert(1)'>?q=%22&b=<i>"""
    assert read(ticketmaster, tm_event(url=url)).url == (
        "https://tickets.example/a%22onclick=%27alert(1)%27%3E?q=%22&b=%3Ci%3E"
    )


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


def test_categories_exclude_duplicates_and_undefined(
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


def test_swapped_prices_are_sorted(ticketmaster: TicketmasterStandIn) -> None:
    assert prices(ticketmaster, {"currency": "EUR", "min": 30, "max": "12.345"}) == (
        Decimal("12.35"),
        Decimal("30.00"),
        "EUR",
    )


@pytest.mark.parametrize("amount", [-1, 100_000_000, 99_999_999.999, "free", None, True, [12]])
def test_invalid_price_is_unknown(ticketmaster: TicketmasterStandIn, amount: Any) -> None:
    priced = prices(ticketmaster, {"currency": "EUR", "min": amount, "max": amount})
    assert priced == (None, None, "")


def test_invalid_currency_is_unknown(ticketmaster: TicketmasterStandIn) -> None:
    assert prices(ticketmaster, {"currency": "€", "min": 1, "max": 2}) == (
        Decimal("1.00"),
        Decimal("2.00"),
        "",
    )
