"""Calendar files of mails: one event with one UID, in the event's zone."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from events.notifications import EventFacts, ics

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # needs no server

STAMP = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def facts(**changes: Any) -> EventFacts:
    values: Any = {
        "id": 7,
        "title": "Rooftop Jazz",
        "starts_at": "2026-03-27T18:00:00+00:00",
        "ends_at": "2026-03-27T20:00:00+00:00",
        "timezone": "Europe/Berlin",
        "location": "Dachgarten",
        "sequence": 3,
        "organizer": "olive",
    }
    return EventFacts.read(values | changes)


def calendar(*, is_cancelled: bool = False, **changes: Any) -> Calendar:
    raw = ics(facts(**changes), STAMP, is_cancelled=is_cancelled)
    parsed = Calendar.from_ical(raw)
    assert isinstance(parsed, Calendar)
    return parsed


def entry(**changes: Any) -> Event:
    [event] = calendar(**changes).events
    return event


def test_calendar_has_all_fields_of_the_event(settings: Any) -> None:
    settings.BASE_URL, settings.FRONTEND_URL = "https://api.example.com:8000", "https://example.com"
    settings.DEFAULT_FROM_EMAIL = "Event Booking <events@example.com>"
    event = entry()
    properties: Any = {
        name: event.decoded(name) for name in event if name not in ("DTSTART", "DTEND")
    }
    assert properties == {
        "UID": "event-7@api.example.com",
        "SEQUENCE": 3,
        "DTSTAMP": STAMP,
        "SUMMARY": "Rooftop Jazz",
        "LOCATION": "Dachgarten",
        "ORGANIZER": "mailto:events@example.com",
        "STATUS": "CONFIRMED",
        "URL": "https://example.com/events/7",
    }


def test_calendar_has_coordinates() -> None:
    """RFC 5545 has no exponents, but Python's floats do."""
    raw = ics(facts(latitude=0.00001, longitude=-13.4183), STAMP, is_cancelled=False)
    assert b"\r\nGEO:0.000010;-13.418300\r\n" in raw


def test_calendar_is_published() -> None:
    assert calendar()["METHOD"] == "PUBLISH"


def test_calendar_of_cancelled_event_is_published_as_cancelled() -> None:
    cancelled = calendar(is_cancelled=True)
    assert (cancelled["METHOD"], cancelled.events[0]["STATUS"]) == ("PUBLISH", "CANCELLED")


def test_calendar_is_the_same_each_time() -> None:
    first, again = (ics(facts(), STAMP, is_cancelled=False) for _ in range(2))
    assert first == again


def test_calendar_times_are_in_the_zone_of_the_event() -> None:
    event = entry()
    assert (event.start, event.end) == (
        datetime(2026, 3, 27, 19, tzinfo=BERLIN),
        datetime(2026, 3, 27, 21, tzinfo=BERLIN),
    )


def test_calendar_contains_its_zone() -> None:
    assert [zone.tz_name for zone in calendar().timezones] == ["Europe/Berlin"]


def test_calendar_zone_has_the_offset_after_the_clock_change() -> None:
    summer = calendar(starts_at="2026-03-30T17:00:00Z", ends_at="2026-03-30T19:00:00Z")
    [zone] = summer.timezones
    offset = zone.to_tz(lookup_tzid=False).utcoffset(datetime(2026, 3, 30, 19))
    assert offset == BERLIN.utcoffset(datetime(2026, 3, 30, 19))


def zone_text(raw: bytes) -> bytes:
    return raw[raw.index(b"BEGIN:VTIMEZONE") : raw.index(b"END:VTIMEZONE")]


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Kolkata"],
)
def test_calendar_zone_is_the_same_in_every_file(zone: str) -> None:
    """Programs keep one definition of a TZID for all events that they know."""
    files = {
        zone_text(ics(facts(timezone=zone, starts_at=at, ends_at=at), STAMP, is_cancelled=no))
        for at in ("2026-01-05T12:00:00Z", "2026-06-05T12:00:00Z", "2031-11-01T12:00:00Z")
        for no in (True, False)
    }
    assert len(files) == 1


@pytest.mark.parametrize(
    ("zone", "january", "june"),
    [
        ("Europe/Berlin", 18, 17),
        ("America/New_York", 0, 23),
        ("Europe/Dublin", 19, 18),
        ("Antarctica/Troll", 19, 17),
        ("America/Sao_Paulo", 22, 22),
    ],
)
def test_calendar_zone_of_one_file_serves_the_events_of_another(
    zone: str, january: int, june: int
) -> None:
    """Some servers keep the first VTIMEZONE they read, and have no zone data of their own."""
    at = "2026-06-05T12:00:00Z"
    [kept] = calendar(timezone=zone, starts_at=at, ends_at=at).timezones
    read = kept.to_tz(lookup_tzid=False)
    hours = [datetime(2027, month, 11, 19, tzinfo=read).astimezone(UTC).hour for month in (1, 6)]
    assert hours == [january, june]


def test_calendar_across_a_clock_change_keeps_both_instants() -> None:
    night = entry(starts_at="2026-03-28T22:00:00Z", ends_at="2026-03-29T04:00:00Z")
    assert (night.decoded("DTSTART"), night.decoded("DTEND")) == (
        datetime(2026, 3, 28, 22, tzinfo=UTC),
        datetime(2026, 3, 29, 4, tzinfo=UTC),
    )


def test_calendar_in_a_repeated_hour_keeps_the_instant() -> None:
    late = entry(starts_at="2026-10-25T01:30:00Z", ends_at="2026-10-25T03:00:00Z")
    assert late.start == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_calendar_in_utc_needs_no_zone() -> None:
    raw = ics(facts(timezone="UTC"), STAMP, is_cancelled=False)
    assert (b"DTSTART:20260327T180000Z" in raw, b"VTIMEZONE" in raw) == (True, False)


def test_calendar_without_optional_facts_has_only_the_others() -> None:
    at = "2026-03-27T18:00:00Z"
    bare = EventFacts.read({"id": 7, "title": "Jazz", "starts_at": at, "ends_at": at})
    raw = ics(bare, STAMP, is_cancelled=False)
    [event] = Calendar.from_ical(raw).walk("VEVENT")
    assert (event["SEQUENCE"], "LOCATION" in event, event["ORGANIZER"].params) == (0, False, {})


@given(text=st.text(st.characters(exclude_categories=[]), max_size=200))
def test_calendar_text_cannot_inject_properties(text: str) -> None:
    plain = set(entry())
    event = entry(title=text, location=f"{text}x", organizer=f"{text}x")
    assert set(event) == plain


def test_calendar_title_cannot_add_a_property() -> None:
    title = "Jazz\r\nATTENDEE:mailto:eve@example.com\rEND:VEVENT; a, b\\"
    event = entry(title=title)
    assert event["SUMMARY"] == "Jazz ATTENDEE:mailto: eve@example[.]com END:VEVENT; a, b\\"
