"""Times and status of Ticketmaster's events."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from external_events.providers import PROVIDERS
from external_events.records import ExternalEvent, Status
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.embedded  # needs no server

PROVIDER = PROVIDERS["ticketmaster"]


def read(ticketmaster: TicketmasterStandIn, event: dict[str, Any]) -> ExternalEvent:
    ticketmaster.events = [event]
    return PROVIDER.fetch_event(event["id"])


def begins(
    ticketmaster: TicketmasterStandIn, start: Any, *, zone: str = "Europe/London", **dates: Any
) -> ExternalEvent:
    """Its venue has no zone."""
    event = tm_event(dates={"start": start, "timezone": zone, **dates})
    del event["_embedded"]["venues"][0]["timezone"]
    return read(ticketmaster, event)


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


def test_windows_name_of_a_zone_is_read_as_its_iana_name(ticketmaster: TicketmasterStandIn) -> None:
    event = tm_event(local="2027-03-08T12:30", zone="America/Los_Angeles")
    event["dates"]["timezone"] = "Pacific Standard Time"
    del event["_embedded"]["venues"][0]["timezone"]
    assert read(ticketmaster, event).timezone == "America/Los_Angeles"


def test_zone_that_matches_the_utc_time_is_used(
    ticketmaster: TicketmasterStandIn,
) -> None:
    event = tm_event(zone="Europe/Berlin")
    event["_embedded"]["venues"][0]["timezone"] = "Europe/London"
    assert read(ticketmaster, event).timezone == "Europe/Berlin"


def test_zone_of_the_venue_is_used_if_none_matches(
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
        ("19:07:00", "UTC"),
    ],
)
def test_unknown_zone_is_the_difference_of_whole_hours(
    ticketmaster: TicketmasterStandIn, local: str, zone: str
) -> None:
    start = {"localDate": "2027-05-01", "localTime": local, "dateTime": "2027-05-01T18:00:00Z"}
    event = read(ticketmaster, without_zone(start))
    assert (event.timezone, event.start_time) == (zone, datetime(2027, 5, 1, 18, tzinfo=UTC))


def test_impossible_difference_is_no_zone(ticketmaster: TicketmasterStandIn) -> None:
    start = {
        "localDate": "2027-05-02",
        "localTime": "09:00:00",
        "dateTime": "2027-05-01T18:00:00Z",
    }
    assert read(ticketmaster, without_zone(start)).timezone == "UTC"


def test_local_time_without_zone_or_utc_is_no_instant(ticketmaster: TicketmasterStandIn) -> None:
    event = read(ticketmaster, without_zone({"localDate": "2027-05-01", "localTime": "19:00:00"}))
    assert (event.start_time, event.local_date) == (None, date(2027, 5, 1))


def test_local_day_is_derived_from_utc(ticketmaster: TicketmasterStandIn) -> None:
    event = begins(ticketmaster, {"dateTime": "2027-05-01T23:30:00Z"})
    assert (event.start_time, event.local_date) == (
        datetime(2027, 5, 1, 23, 30, tzinfo=UTC),
        date(2027, 5, 2),
    )


def test_skipped_hour_is_moved_on(ticketmaster: TicketmasterStandIn) -> None:
    start = {"localDate": "2027-03-28", "localTime": "01:30:00"}
    event = begins(ticketmaster, start, zone="Europe/London")
    assert event.start_time == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_repeated_hour_is_the_first(ticketmaster: TicketmasterStandIn) -> None:
    start = {"localDate": "2027-10-31", "localTime": "01:30:00"}
    event = begins(ticketmaster, start, zone="Europe/London")
    assert event.start_time == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_repeated_hour_is_the_second_by_utc(ticketmaster: TicketmasterStandIn) -> None:
    start = {"localDate": "2027-10-31", "localTime": "01:30:00", "dateTime": "2027-10-31T01:30:00Z"}
    event = begins(ticketmaster, start, zone="Europe/London")
    assert event.start_time == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


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
def test_invalid_date_is_unknown(ticketmaster: TicketmasterStandIn, start: Any) -> None:
    event = begins(ticketmaster, start)
    assert (event.start_time, event.local_date) == (None, None)


@pytest.mark.parametrize("hour", ["24:00:00", "7pm", "", None, 19, "19:60"])
def test_invalid_hour_is_unknown(ticketmaster: TicketmasterStandIn, hour: Any) -> None:
    event = begins(ticketmaster, {"localDate": "2027-05-01", "localTime": hour})
    assert (event.start_time, event.local_date) == (None, date(2027, 5, 1))


def test_year_out_of_range_in_utc_has_no_instant(ticketmaster: TicketmasterStandIn) -> None:
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


def test_end_in_utc_is_used(ticketmaster: TicketmasterStandIn) -> None:
    end = {"localTime": "23:00:00", "dateTime": "2027-05-01T22:00:00Z", "approximate": False}
    assert ends(ticketmaster, end) == datetime(2027, 5, 1, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "end",
    [
        {"dateTime": "2027-05-01T22:00:00Z", "approximate": True},
        {"dateTime": "2027-05-01T22:00:00Z", "noSpecificTime": True},
        {"dateTime": "2027-05-01T18:30:00Z"},
        {"dateTime": "2027-04-01T18:30:00Z"},
        "late",
    ],
)
def test_end_that_is_open_or_not_after_the_start_is_unknown(
    ticketmaster: TicketmasterStandIn, end: Any
) -> None:
    assert ends(ticketmaster, end) is None


LAST = date(2027, 5, 3)


@pytest.mark.parametrize(
    ("end", "last_date"),
    [
        ({"localDate": "2027-05-03"}, LAST),
        ({"localDate": "2027-05-01"}, date(2027, 5, 1)),
        ({"localDate": "2027-05-03", "noSpecificTime": True, "localTime": "00:00:00"}, LAST),
        ({"localDate": "2027-05-03", "approximate": True, "localTime": "22:00:00"}, LAST),
        ({"localDate": "2027-05-01", "approximate": True, "localTime": "22:00:00"}, None),
        ({"localDate": "2027-04-30"}, None),
        ({"localDate": "2027-05-03", "dateTBA": True}, None),
        ({"localDate": "2027-05-01", "localTime": "23:00:00"}, None),
        ({"localDate": "May"}, None),
        ({}, None),
    ],
    ids=[
        "a later day", "the same day", "no time", "about then", "about then that day", "before",
        "to be announced", "with a time", "no date", "nothing",
    ],
)  # fmt: skip
def test_end_without_a_time_is_a_last_day(
    ticketmaster: TicketmasterStandIn, end: dict[str, Any], last_date: date | None
) -> None:
    event = tm_event(local="2027-05-01T19:30")
    event["dates"]["end"] = end
    assert read(ticketmaster, event).last_date == last_date


@pytest.mark.parametrize(
    "end", [{"localDate": "2027-05-03"}, {"dateTime": "2027-05-03T22:00:00Z"}], ids=["day", "time"]
)
def test_last_day_is_known_without_a_start(ticketmaster: TicketmasterStandIn, end: Any) -> None:
    event = begins(ticketmaster, {"localDate": "2027-05-01", "timeTBA": True}, end=end)
    assert (event.start_time, event.end_time, event.last_date) == (None, None, LAST)


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
