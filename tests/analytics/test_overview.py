"""The numbers of many events together."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from analytics.periods import Period
from analytics.selectors import events_seen_by, overview
from events.models import Event
from rsvp.services import join_event, leave_event, mark_interested
from tests.analytics.world import ALWAYS, World, build_world, create_rsvp, utc
from tests.factories import CategoryFactory, EventFactory, begin, end, fill

pytestmark = pytest.mark.both


def numbers_of(user: User, period: Period = ALWAYS) -> dict[str, Any]:
    return overview(events_seen_by(user), period)


def between(first: str | None, last: str | None, zone: str = "UTC") -> Period:
    days = [day and date.fromisoformat(day) for day in (first, last)]
    return Period(ZoneInfo(zone), days[0] or None, days[1] or None)


class TestSmallWorld:
    @pytest.fixture
    def world(self, olive: User, ada: User, sam: User) -> World:
        return build_world(olive, ada, sam)

    @pytest.fixture
    def numbers(self, world: World, olive: User) -> dict[str, Any]:
        return numbers_of(olive)

    def test_totals_count_people(self, numbers: dict[str, Any]) -> None:
        assert numbers["events"] == 2
        assert numbers["totals"] == {
            "going": 5,
            "pending_payment": 0,
            "interested": 1,
            "waitlisted": 0,
            "cancelled": 1,
            "arrived": 3,
            "no_shows": 1,
            "seats": 4,
        }

    def test_rates_are_fractions(self, numbers: dict[str, Any]) -> None:
        assert numbers["fill_rate"] == 1.0
        assert numbers["show_up_rate"] == 0.75

    def test_cancellation_rate_counts_everybody_who_had_a_seat(
        self, numbers: dict[str, Any]
    ) -> None:
        assert numbers["cancellation_rate"] == 0.2

    def test_waitlist_is_counted_from_the_history(self, numbers: dict[str, Any]) -> None:
        assert numbers["waitlist"] == {"joined": 1, "promoted": 1, "conversion": 1.0}

    def test_person_who_has_seats_at_two_events_returns(self, numbers: dict[str, Any]) -> None:
        assert numbers["returning"] == {"people": 3, "returning": 1, "rate": 0.3333}

    def test_hidden_reviews_do_not_count(self, numbers: dict[str, Any]) -> None:
        assert numbers["ratings"] == {
            "average": 4.5,
            "count": 2,
            "stars": {"1": 0, "2": 0, "3": 0, "4": 1, "5": 1},
        }

    def test_rsvps_of_today_come_last(self, numbers: dict[str, Any]) -> None:
        days = numbers["answers_per_day"]
        assert len(days) == 30
        assert days[-1] == {
            "date": timezone.now().date(),
            "going": 5,
            "pending_payment": 0,
            "interested": 1,
            "waitlisted": 1,
            "cancelled": 1,
        }

    def test_next_event_comes_first(self, numbers: dict[str, Any], world: World) -> None:
        assert [
            (row["event"]["title"], row["going"], row["max_attendees"], row["fill_rate"])
            for row in numbers["fill_by_event"]
        ] == [("Chess", 1, None, None), ("Jazz", 4, 4, 1.0)]

    def test_best_categories_have_the_most_people_per_event(
        self, numbers: dict[str, Any], world: World
    ) -> None:
        category = world.jazz.category
        assert category
        assert numbers["best_categories"] == [
            {
                "category": {"id": category.pk, "name": category.name, "slug": category.slug},
                "events": 1,
                "going": 4,
                "going_per_event": 4.0,
                "average_rating": 4.5,
            },
            {
                "category": None,
                "events": 1,
                "going": 1,
                "going_per_event": 1.0,
                "average_rating": None,
            },
        ]


def test_empty_world_has_zeros_and_nulls(olive: User) -> None:
    numbers = numbers_of(olive)
    days = numbers.pop("answers_per_day")
    assert len(days) == 30
    assert sum(day["going"] for day in days) == 0
    assert numbers == {
        "date_from": None,
        "date_to": None,
        "timezone": "UTC",
        "events": 0,
        "totals": {
            "going": 0,
            "pending_payment": 0,
            "interested": 0,
            "waitlisted": 0,
            "cancelled": 0,
            "arrived": 0,
            "no_shows": None,
            "seats": 0,
        },
        "fill_rate": None,
        "show_up_rate": None,
        "cancellation_rate": None,
        "waitlist": {"joined": 0, "promoted": 0, "conversion": None},
        "returning": {"people": 0, "returning": 0, "rate": None},
        "ratings": {
            "average": None,
            "count": 0,
            "stars": {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0},
        },
        "revenue": {"totals": {}, "per_day": []},
        "fill_by_event": [],
        "best_hours": [],
        "best_categories": [],
    }


class TestCancellations:
    def test_person_who_was_only_interested_never_had_a_seat(self, event: Event, ada: User) -> None:
        mark_interested(event_id=event.pk, attendee=ada)
        leave_event(event_id=event.pk, attendee=ada)
        assert event.created_by
        assert numbers_of(event.created_by)["cancellation_rate"] is None

    def test_person_who_became_interested_has_not_cancelled(self, event: Event, ada: User) -> None:
        join_event(event_id=event.pk, attendee=ada)
        mark_interested(event_id=event.pk, attendee=ada)
        assert event.created_by
        assert numbers_of(event.created_by)["cancellation_rate"] == 0.0

    def test_person_who_left_the_waitlist_has_cancelled(self, event: Event, ada: User) -> None:
        fill(event, 2)
        join_event(event_id=event.pk, attendee=ada)
        leave_event(event_id=event.pk, attendee=ada)
        assert event.created_by
        assert numbers_of(event.created_by)["cancellation_rate"] == 0.3333

    def test_person_who_came_back_has_not_cancelled(self, event: Event, ada: User) -> None:
        join_event(event_id=event.pk, attendee=ada)
        leave_event(event_id=event.pk, attendee=ada)
        join_event(event_id=event.pk, attendee=ada)
        assert event.created_by
        assert numbers_of(event.created_by)["cancellation_rate"] == 0.0


def test_party_that_joins_the_waitlist_twice_counts_once(
    event: Event, olive: User, ada: User
) -> None:
    fill(event, 2)
    for _ in range(2):
        join_event(event_id=event.pk, attendee=ada)
        leave_event(event_id=event.pk, attendee=ada)
    assert numbers_of(olive)["waitlist"] == {"joined": 1, "promoted": 0, "conversion": 0.0}


def test_no_shows_are_unknown_without_check_in(olive: User, event: Event) -> None:
    fill(event, 2)
    end(event)
    numbers = numbers_of(olive)
    assert (numbers["totals"]["no_shows"], numbers["show_up_rate"]) == (None, None)


def test_days_filter_events_by_their_start(olive: User) -> None:
    for start in ("2099-05-09T22:30:00", "2099-05-10T21:59:00", "2099-05-10T22:00:00"):
        EventFactory.create(created_by=olive, start_time=utc(start))
    day = "2099-05-10"
    assert numbers_of(olive, between(day, day, "Europe/Berlin"))["events"] == 2
    assert numbers_of(olive, between(day, None, "Europe/Berlin"))["events"] == 3
    assert numbers_of(olive, between(None, day, "UTC"))["events"] == 3


def test_cancelled_event_counts_but_is_not_listed(olive: User, event: Event) -> None:
    fill(event, 2)
    Event.objects.filter(pk=event.pk).update(status=Event.Status.CANCELLED)
    numbers = numbers_of(olive)
    assert (numbers["totals"]["going"], numbers["fill_by_event"]) == (2, [])


def test_next_twenty_events_are_listed_in_order(olive: User) -> None:
    start = timezone.now() + timedelta(days=1)
    titles = [
        EventFactory.create(created_by=olive, start_time=start + timedelta(days=number)).title
        for number in range(22)
    ]
    begin(Event.objects.get(title=titles[0]))
    shown = [row["event"]["title"] for row in numbers_of(olive)["fill_by_event"]]
    assert shown == titles[1:21]


def test_hours_are_local_to_the_event(olive: User) -> None:
    """The same instant is Thursday evening in Berlin and Friday morning in Kathmandu."""
    start = utc("2099-05-14T18:30:00")
    for zone, crowd in (("Europe/Berlin", 1), ("Europe/Berlin", 2), ("Asia/Kathmandu", 3)):
        event = EventFactory.create(
            created_by=olive, start_time=start, timezone=zone, max_attendees=4
        )
        fill(event, crowd)
    assert numbers_of(olive)["best_hours"] == [
        {"weekday": 5, "hour": 0, "events": 1, "going_per_event": 3.0, "fill_rate": 0.75},
        {"weekday": 4, "hour": 20, "events": 2, "going_per_event": 1.5, "fill_rate": 0.375},
    ]


def test_at_most_ten_categories_are_listed(olive: User) -> None:
    for number in range(11):
        category = CategoryFactory.create(name=f"{number:02}")
        EventFactory.create(created_by=olive, category=category)
    names = [row["category"]["name"] for row in numbers_of(olive)["best_categories"]]
    assert names == [f"{number:02}" for number in range(10)]


class TestRsvpsPerDay:
    @pytest.mark.parametrize(
        ("zone", "at", "day"),
        [
            ("UTC", "2027-05-03T23:30:00", 3),
            ("Europe/Berlin", "2027-05-03T23:30:00", 4),
            ("America/New_York", "2027-05-04T03:30:00", 3),
            ("Asia/Kathmandu", "2027-05-03T18:10:00", 3),  # UTC+05:45
            ("Asia/Kathmandu", "2027-05-03T18:20:00", 4),
            ("Pacific/Chatham", "2027-05-03T11:20:00", 4),  # UTC+12:45
            ("Etc/GMT+10", "2027-05-04T09:30:00", 3),  # west of Greenwich
            ("Etc/GMT-14", "2027-05-03T10:30:00", 4),
        ],
    )
    def test_rsvp_belongs_to_the_day_of_the_zone(
        self, event: Event, ada: User, zone: str, at: str, day: int
    ) -> None:
        create_rsvp(event, ada, utc(at))
        with travel(utc("2027-05-10T12:00:00"), tick=False):
            going_by_day = self._going_by_day(event, between("2027-05-01", "2027-05-05", zone))
        assert going_by_day == {number: int(number == day) for number in range(1, 6)}

    @pytest.mark.parametrize(
        ("first", "last", "at", "day"),
        [
            ("2027-03-27", "2027-03-29", "2027-03-27T23:30:00", 28),  # before the clocks change
            ("2027-03-27", "2027-03-29", "2027-03-28T21:59:00", 28),  # 23 hours later
            ("2027-03-27", "2027-03-29", "2027-03-28T22:00:00", 29),
            ("2027-10-30", "2027-11-01", "2027-10-30T22:00:00", 31),
            ("2027-10-30", "2027-11-01", "2027-10-31T22:59:00", 31),  # 25 hours later
            ("2027-10-30", "2027-11-01", "2027-10-31T23:00:00", 1),
        ],
    )
    def test_days_of_23_and_25_hours_are_complete(
        self, event: Event, ada: User, first: str, last: str, at: str, day: int
    ) -> None:
        create_rsvp(event, ada, utc(at))
        with travel(utc("2027-12-10T12:00:00"), tick=False):
            going_by_day = self._going_by_day(event, between(first, last, "Europe/Berlin"))
        assert [number for number, going in going_by_day.items() if going] == [day]

    def test_days_begin_at_midnight_of_the_zone(self, event: Event, ada: User, sam: User) -> None:
        create_rsvp(event, ada, utc("2027-05-01T21:59:59"))
        create_rsvp(event, sam, utc("2027-05-02T22:00:00"))
        with travel(utc("2027-05-10T12:00:00"), tick=False):
            going_by_day = self._going_by_day(
                event, between("2027-05-02", "2027-05-02", "Europe/Berlin")
            )
        assert going_by_day == {2: 0}

    def test_rsvps_count_at_any_time_of_the_event(self, event: Event, ada: User) -> None:
        create_rsvp(event, ada, timezone.now())
        today = timezone.now().date()
        going_by_day = self._going_by_day(event, Period(ZoneInfo("UTC"), today, today))
        assert going_by_day == {today.day: 1}

    def test_change_of_party_size_is_not_counted_again(
        self, event: Event, olive: User, ada: User
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        join_event(event_id=event.pk, attendee=ada, guests=1)
        assert numbers_of(olive)["answers_per_day"][-1]["going"] == 1

    def _going_by_day(self, event: Event, period: Period) -> dict[int, int]:
        assert event.created_by
        days = numbers_of(event.created_by, period)["answers_per_day"]
        return {day["date"].day: day["going"] for day in days}
