"""The numbers of one event."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from time_machine import travel

from accounts.models import User
from analytics.selectors import of_event
from events.models import Event
from rsvp.check_in import Scan, check_in, undo_check_in
from rsvp.services import join_event, leave_event
from tests.analytics.world import ALWAYS, World, build_world, utc
from tests.client import Api
from tests.factories import EventFactory, fill
from tests.rsvp.check_in_helpers import going, open_event
from tests.rsvp.ticketed import buy, offer

pytestmark = pytest.mark.both


def numbers_of(event: Event) -> dict[str, Any]:
    event.refresh_from_db()
    return of_event(event, ALWAYS)


class TestSmallWorld:
    @pytest.fixture
    def world(self, olive: User, ada: User, sam: User) -> World:
        return build_world(olive, ada, sam)

    def test_past_event_has_no_shows(self, world: World) -> None:
        numbers = numbers_of(world.jazz)
        assert numbers["totals"] == {
            "going": 4,
            "pending_payment": 0,
            "interested": 1,
            "waitlisted": 0,
            "cancelled": 1,
            "arrived": 3,
            "no_shows": 1,
            "spots_left": 0,
            "max_attendees": 4,
        }
        assert (numbers["fill_rate"], numbers["show_up_rate"]) == (1.0, 0.75)

    def test_rates_count_parties(self, world: World) -> None:
        numbers = numbers_of(world.jazz)
        assert numbers["cancellation_rate"] == 0.25
        assert numbers["waitlist"] == {"joined": 1, "promoted": 1, "conversion": 1.0}

    def test_ratings_are_those_of_the_event(self, world: World) -> None:
        assert numbers_of(world.jazz)["ratings"]["average"] == 4.5
        assert numbers_of(world.chess)["ratings"]["average"] is None

    def test_future_event_has_neither_no_shows_nor_a_limit(self, world: World) -> None:
        numbers = numbers_of(world.chess)
        assert numbers["totals"] == {
            "going": 1,
            "pending_payment": 0,
            "interested": 0,
            "waitlisted": 0,
            "cancelled": 0,
            "arrived": 0,
            "no_shows": None,
            "spots_left": None,
            "max_attendees": None,
        }
        assert (numbers["fill_rate"], numbers["show_up_rate"]) == (None, None)

    def test_person_who_had_a_seat_at_an_earlier_event_returns(self, world: World) -> None:
        assert numbers_of(world.chess)["returning"] == {"people": 1, "returning": 1, "rate": 1.0}
        assert numbers_of(world.jazz)["returning"] == {"people": 3, "returning": 0, "rate": 0.0}

    def test_event_is_described(self, world: World) -> None:
        chess = world.chess
        numbers = numbers_of(chess)
        assert numbers["timezone"] == "UTC"
        assert numbers["event"] == {
            "id": chess.pk,
            "title": "Chess",
            "start_time": chess.start_time,
            "end_time": chess.end_time,
            "days": None,
            "timezone": "UTC",
            "status": "published",
        }


class TestTicketTypes:
    def test_event_without_types_has_none(self, event: Event) -> None:
        assert numbers_of(event)["ticket_types"] == []

    def test_types_have_their_tickets_in_their_order(
        self, olive: User, ada: User, sam: User
    ) -> None:
        event = EventFactory.create(created_by=olive)
        vip = offer(event, 3, name="VIP", position=2)
        regular = offer(event, name="Regular", position=1)
        buy(event, ada, {vip.pk: 2, regular.pk: 1})
        buy(event, sam, {vip.pk: 2})
        expected = [
            {
                "id": regular.pk,
                "name": "Regular",
                "quantity": None,
                "going": 1,
                "held": 0,
                "waiting": 0,
            },
            {"id": vip.pk, "name": "VIP", "quantity": 3, "going": 2, "held": 0, "waiting": 2},
        ]
        assert numbers_of(event)["ticket_types"] == expected
        assert Api(olive).get(f"/events/{event.pk}/analytics/")["ticket_types"] == expected

    def test_held_tickets_are_not_free(self, olive: User, ada: User) -> None:
        event = EventFactory.create(created_by=olive, max_attendees=5)
        vip = offer(event, 3, price=1250, currency="EUR")
        with override_settings(DEBUG=True):  # the test provider is on
            buy(event, ada, {vip.pk: 2})
        numbers = numbers_of(event)
        totals = [numbers["totals"][name] for name in ("going", "pending_payment", "spots_left")]
        assert totals == [0, 2, 3]
        assert [(row["going"], row["held"]) for row in numbers["ticket_types"]] == [(0, 2)]


class TestReturning:
    def test_seats_at_events_of_other_organizers_do_not_count(
        self, event: Event, ada: User
    ) -> None:
        going(open_event(), ada)
        going(event, ada)
        assert numbers_of(event)["returning"]["returning"] == 0

    def test_cancelled_rsvps_do_not_count(self, event: Event, olive: User, ada: User) -> None:
        earlier = open_event(created_by=olive)
        going(earlier, ada)
        leave_event(event_id=earlier.pk, attendee=ada)
        going(event, ada)
        assert numbers_of(event)["returning"]["returning"] == 0

    def test_events_without_an_organizer_do_not_count(self, event: Event, ada: User) -> None:
        """Both belonged to accounts that are erased."""
        going(open_event(), ada)
        going(event, ada)
        Event.objects.update(created_by=None)
        assert numbers_of(event)["returning"]["returning"] == 0


def test_unfilled_event_has_the_spots_left(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    numbers = numbers_of(event)
    assert (numbers["totals"]["spots_left"], numbers["fill_rate"]) == (1, 0.5)


def test_only_rsvps_of_the_event_count(event: Event, olive: User, ada: User) -> None:
    join_event(event_id=EventFactory.create(created_by=olive).pk, attendee=ada)
    assert numbers_of(event)["answers_per_day"][-1]["going"] == 0


def test_arrivals_are_counted_by_quarter_of_an_hour(olive: User, ada: User, sam: User) -> None:
    event = open_event(created_by=olive)
    going(event, ada, guests=2)
    going(event, sam)
    start = utc("2099-06-04T17:00:00")
    Event.objects.filter(pk=event.pk).update(start_time=start, end_time=start + timedelta(hours=2))
    for at, person, people in (("16:44:59", ada, 1), ("16:45:00", ada, 1), ("16:59:59", sam, 1)):
        with travel(utc(f"2099-06-04T{at}"), tick=False):
            check_in(event_id=event.pk, scan=Scan(user_id=person.pk, people=people), by=olive)
    assert numbers_of(event)["arrivals"] == [
        {"at": utc("2099-06-04T16:30:00"), "people": 1},
        {"at": utc("2099-06-04T16:45:00"), "people": 2},
    ]


def test_undo_takes_back_the_latest_arrivals(olive: User, ada: User, sam: User) -> None:
    """Also in a later quarter of an hour, which showed fewer than no people."""
    event = open_event(created_by=olive)
    going(event, ada, guests=3)
    going(event, sam)
    start = utc("2099-06-04T17:00:00")
    Event.objects.filter(pk=event.pk).update(start_time=start, end_time=start + timedelta(hours=2))
    for at, change, person, people in (
        ("16:40", check_in, ada, 2),
        ("16:50", check_in, ada, 1),
        ("16:55", check_in, sam, 1),
        ("17:20", undo_check_in, ada, 2),
        ("17:40", undo_check_in, sam, 1),
        ("17:50", check_in, ada, 1),
    ):
        with travel(utc(f"2099-06-04T{at}:00"), tick=False):
            change(event_id=event.pk, scan=Scan(user_id=person.pk, people=people), by=olive)
    assert numbers_of(event)["arrivals"] == [
        {"at": utc("2099-06-04T16:30:00"), "people": 1},
        {"at": utc("2099-06-04T17:45:00"), "people": 1},
    ]


def test_event_without_rsvps_has_zeros_and_nulls(event: Event) -> None:
    numbers = numbers_of(event)
    rates = ("show_up_rate", "cancellation_rate")
    assert [numbers[name] for name in rates] == [None, None]
    assert numbers["fill_rate"] == 0.0
    assert numbers["returning"] == {"people": 0, "returning": 0, "rate": None}


def test_waiting_people_are_counted(event: Event, ada: User) -> None:
    fill(event, 2)
    join_event(event_id=event.pk, attendee=ada, guests=1)
    numbers = numbers_of(event)
    assert numbers["totals"]["waitlisted"] == 2
    assert numbers["waitlist"] == {"joined": 1, "promoted": 0, "conversion": 0.0}
