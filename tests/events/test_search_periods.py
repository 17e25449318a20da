"""`when=now|today|weekend`, in the time zone of the user."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from time_machine import travel

from accounts.models import User
from events.models import Event
from events.search import periods
from tests.client import Api
from tests.factories import EventFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both]

BERLIN, HONOLULU = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Honolulu")
# A Wednesday in Berlin, 12:00.
NOON = datetime(2027, 6, 2, 10, 0, tzinfo=UTC)


def put(title: str, start: str, end: str, zone: ZoneInfo | Any = BERLIN) -> None:
    """Past ones too, which no organizer could create."""
    event = EventFactory.create(title=title, start_time=datetime(2030, 1, 1, tzinfo=UTC))
    times = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (start, end))
    start_time, end_time = times
    Event.objects.filter(pk=event.pk).update(start_time=start_time, end_time=end_time)


def titles(api: Api, **query: Any) -> list[str]:
    return [event["title"] for event in api.get("/events/", **query)["results"]]


def titles_at(now: datetime, user: User, **query: Any) -> list[str]:
    with travel(now, tick=False):
        return titles(Api(user), **query)


class TestNow:
    def test_event_is_now_from_its_start_until_before_its_end(self, ada: User) -> None:
        put("just begun", "2027-06-02T12:00", "2027-06-02T13:00")
        put("for days", "2027-06-01T12:00", "2027-06-05T13:00")
        put("just over", "2027-06-02T11:00", "2027-06-02T12:00")
        put("in a minute", "2027-06-02T12:01", "2027-06-02T13:00")
        assert titles_at(NOON, ada, when="now") == ["for days", "just begun"]

    def test_default_period_skips_only_past_events(self, ada: User) -> None:
        put("over", "2027-06-02T10:00", "2027-06-02T11:00")
        put("for years", "2024-06-01T12:00", "2028-06-05T13:00")
        put("runs", "2027-06-02T11:00", "2027-06-02T13:00")
        put("over long since", "2025-06-02T10:00", "2025-06-02T11:00")
        put("to come", "2027-06-02T14:00", "2027-06-02T15:00")
        assert titles_at(NOON, ada) == ["for years", "runs", "to come"]


class TestToday:
    def test_event_on_any_part_of_the_day_is_today(self, ada: User) -> None:
        put("yesterday", "2027-06-01T20:00", "2027-06-02T00:00")
        put("since last night", "2027-06-01T22:00", "2027-06-02T01:00")
        put("this morning", "2027-06-02T08:00", "2027-06-02T09:00")
        put("into tomorrow", "2027-06-02T23:00", "2027-06-03T04:00")
        put("tomorrow", "2027-06-03T00:00", "2027-06-03T01:00")
        assert titles_at(NOON, ada, when="today", tz="Europe/Berlin") == [
            "since last night",
            "this morning",
            "into tomorrow",
        ]

    def test_day_is_in_the_zone_of_the_profile_unless_tz_is_given(self, ada: User) -> None:
        put(
            "late in Honolulu", "2027-06-02T22:00", "2027-06-02T23:00", ZoneInfo("Pacific/Honolulu")
        )
        put("late in Berlin", "2027-06-02T22:00", "2027-06-02T23:00")
        assert titles_at(NOON, ada, when="today") == ["late in Berlin"]
        User.objects.filter(pk=ada.pk).update(timezone="Pacific/Honolulu")
        # In Honolulu it is 0:00 of the same day, and Berlin's evening is this morning.
        assert titles_at(NOON, ada, when="today") == ["late in Berlin", "late in Honolulu"]
        assert titles_at(NOON, ada, when="today", tz="UTC") == ["late in Berlin"]

    @pytest.mark.parametrize(
        ("day", "hours"), [("2027-03-28", 23), ("2027-10-31", 25), ("2027-06-02", 24)]
    )
    def test_day_lasts_as_long_as_the_clock_shows(self, day: str, hours: int) -> None:
        noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=BERLIN)
        since, until = (instant.astimezone(UTC) for instant in periods.today(noon, BERLIN))
        assert until - since == timedelta(hours=hours)

    @pytest.mark.parametrize(
        ("day", "last", "first_of_next"),
        [
            ("2027-03-28", "2027-03-28T21:59", "2027-03-28T22:00"),
            ("2027-10-31", "2027-10-31T22:59", "2027-10-31T23:00"),
        ],
    )
    def test_clock_changes_move_the_end_of_the_day(
        self, ada: User, day: str, last: str, first_of_next: str
    ) -> None:
        """In Berlin one day has 23 hours and another 25; the times here are UTC."""
        put("last minute", last, f"{last[:-5]}23:59", UTC)
        put("next day", first_of_next, f"{first_of_next[:-5]}23:59", UTC)
        noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=BERLIN)
        assert titles_at(noon, ada, when="today", tz="Europe/Berlin") == ["last minute"]


class TestWeekend:
    @pytest.fixture(autouse=True)
    def _events(self, db: None) -> None:
        put("friday", "2027-06-04T20:00", "2027-06-05T00:00")
        put("friday night", "2027-06-04T22:00", "2027-06-05T02:00")
        put("saturday", "2027-06-05T10:00", "2027-06-05T12:00")
        put("sunday night", "2027-06-06T23:00", "2027-06-07T03:00")
        put("monday", "2027-06-07T00:00", "2027-06-07T01:00")
        put("next saturday", "2027-06-12T10:00", "2027-06-12T12:00")

    @pytest.mark.parametrize(
        "now", ["2027-05-31T00:00", "2027-06-04T23:59", "2027-06-05T00:00", "2027-06-06T23:59"]
    )
    def test_weekend_is_the_current_or_the_next_one(self, ada: User, now: str) -> None:
        at = datetime.fromisoformat(now).replace(tzinfo=BERLIN)
        assert titles_at(at, ada, when="weekend", tz="Europe/Berlin") == [
            "friday night",
            "saturday",
            "sunday night",
        ]

    def test_on_monday_the_weekend_is_the_next_one(self, ada: User) -> None:
        monday = datetime(2027, 6, 7, 0, 0, tzinfo=BERLIN)
        assert titles_at(monday, ada, when="weekend", tz="Europe/Berlin") == ["next saturday"]

    def test_weekend_begins_in_the_zone_of_the_user(self, ada: User) -> None:
        """In Tokyo Berlin's Friday night is on Saturday, and its Sunday night on Monday."""
        assert titles_at(NOON, ada, when="weekend", tz="Asia/Tokyo") == [
            "friday",
            "friday night",
            "saturday",
        ]


def test_search_has_the_same_periods(ada: User) -> None:
    put("jazz now", "2027-06-02T11:00", "2027-06-02T13:00")
    put("jazz then", "2027-06-03T11:00", "2027-06-03T13:00")
    with travel(NOON, tick=False):
        results = Api(ada).get("/events/search/", q="jazz", when="now")["results"]
    assert [event["title"] for event in results] == ["jazz now"]


def test_days_and_periods_can_be_combined(ada: User) -> None:
    put("today", "2027-06-02T11:00", "2027-06-02T13:00")
    put("since may", "2027-05-02T11:00", "2027-06-02T13:00")
    assert titles_at(NOON, ada, when="today", date_from="2027-06-01") == ["today"]
