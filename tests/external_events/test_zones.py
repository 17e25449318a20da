"""Zones that no provider names: the local time stays the provider's."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from external_events.providers import PROVIDERS
from external_events.providers.places import country_code, zone_with_offset
from external_events.records import ExternalEvent
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.embedded  # needs no server

SUMMER, WINTER = datetime(2027, 7, 10, 19, 30), datetime(2027, 1, 10, 19, 30)
# The local time, its offset, the country of the venue, and the zone.
CASES = {
    "India": (SUMMER, "+05:30", "IN", "Asia/Kolkata"),
    "Sri Lanka": (SUMMER, "+05:30", "LK", "Asia/Colombo"),
    "Nepal": (SUMMER, "+05:45", "NP", "Asia/Kathmandu"),
    "Newfoundland in winter": (WINTER, "-03:30", "CA", "America/St_Johns"),
    "Newfoundland in summer": (SUMMER, "-02:30", "CA", "America/St_Johns"),
    "Iran": (SUMMER, "+03:30", "IR", "Asia/Tehran"),
    "Myanmar": (SUMMER, "+06:30", "MM", "Asia/Yangon"),
    "the Chatham Islands": (WINTER, "+13:45", "NZ", "Pacific/Chatham"),
    "the Marquesas": (SUMMER, "-09:30", "PF", "Pacific/Marquesas"),
    "no country": (SUMMER, "+05:45", "", "Asia/Kathmandu"),
    "a country without such a zone": (SUMMER, "+05:45", "DE", "Asia/Kathmandu"),
}
EACH = pytest.mark.parametrize(
    ("local", "offset", "country", "zone"), CASES.values(), ids=CASES.keys()
)


def utc_of(local: datetime, offset: str) -> datetime:
    return datetime.fromisoformat(f"{local:%Y-%m-%dT%H:%M}{offset}").astimezone(UTC)


def zone_and_time(record: ExternalEvent) -> tuple[str, Any]:
    """Return the zone and the local time."""
    assert record.start_time is not None
    there = record.start_time.astimezone(ZoneInfo(record.timezone))
    return record.timezone, there.replace(tzinfo=None)


def tm_read(server: TicketmasterStandIn, start: dict[str, Any], country: str) -> ExternalEvent:
    event = tm_event(dates={"start": start})
    del event["_embedded"]["venues"][0]["timezone"]
    event["_embedded"]["venues"][0]["country"] = {"countryCode": country}
    server.events = [event]
    return PROVIDERS["ticketmaster"].fetch_event(event["id"])


@EACH
def test_ticketmaster_s_local_time_and_utc_give_the_zone(
    ticketmaster: TicketmasterStandIn, local: datetime, offset: str, country: str, zone: str
) -> None:
    start = {
        "localDate": f"{local:%Y-%m-%d}",
        "localTime": f"{local:%H:%M}:00",
        "dateTime": f"{utc_of(local, offset):%Y-%m-%dT%H:%M:%SZ}",
    }
    assert zone_and_time(tm_read(ticketmaster, start, country)) == (zone, local)


@EACH
def test_ticketmaster_s_offset_gives_the_zone(
    ticketmaster: TicketmasterStandIn, local: datetime, offset: str, country: str, zone: str
) -> None:
    start = {"dateTime": f"{local:%Y-%m-%dT%H:%M}:00{offset}"}
    assert zone_and_time(tm_read(ticketmaster, start, country)) == (zone, local)


def test_offset_of_whole_hours_keeps_the_local_time(ticketmaster: TicketmasterStandIn) -> None:
    record = tm_read(ticketmaster, {"dateTime": "2027-07-10T19:30:00-0400"}, "US")
    assert zone_and_time(record) == ("Etc/GMT+4", SUMMER)
    assert record.local_date == SUMMER.date()


def test_place_s_country_counts_by_its_name(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(
        dates={"start": {"dateTime": "2027-07-10T19:30:00+05:30"}},
        _embedded={"venues": [{"name": "The Hall", "country": {"name": "Sri Lanka"}}]},
    )
    ticketmaster.events = [event]
    assert PROVIDERS["ticketmaster"].fetch_event(event["id"]).timezone == "Asia/Colombo"


@EACH
@pytest.mark.parametrize("has_offset", [False, True], ids=["two clocks", "an offset"])
def test_seatgeek_s_times_give_the_zone(
    seatgeek: SeatGeekStandIn,
    local: datetime,
    offset: str,
    country: str,
    zone: str,
    has_offset: bool,
) -> None:
    event = sg_event(
        datetime_local=f"{local:%Y-%m-%dT%H:%M:%S}" + (offset if has_offset else ""),
        datetime_utc=None if has_offset else f"{utc_of(local, offset):%Y-%m-%dT%H:%M:%S}",
    )
    event["venue"] |= {"timezone": None, "country": country}
    seatgeek.events = [event]
    assert zone_and_time(PROVIDERS["seatgeek"].fetch_event(str(event["id"]))) == (zone, local)


def test_difference_that_no_zone_has_is_none() -> None:
    at = datetime(2027, 7, 10, 12, tzinfo=UTC)
    assert zone_with_offset(timedelta(hours=1, minutes=7), at=at, country="IN") == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [("IN", "IN"), ("in", "IN"), ("Canada", "CA"), ("UK", "GB"), ("Atlantis", ""), ("", "")],
    ids=["code", "small letters", "name", "habit", "nowhere", "nothing"],
)
def test_country_is_known_by_code_and_name(text: str, code: str) -> None:
    assert country_code(text) == code
