"""Popular events."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from time_machine import Traveller, travel

from accounts.models import User
from analytics.selectors import popular
from analytics.selectors.popular import KEY
from events.models import Event
from rsvp.services import join_event, leave_event, mark_interested
from tests.analytics.world import create_rsvp
from tests.factories import CategoryFactory, EventFactory, begin, fill

pytestmark = pytest.mark.both


def scores() -> list[tuple[str, float]]:
    return [(row["event"]["title"], row["score"]) for row in popular()]


def test_every_person_of_a_party_counts(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada, guests=1)
    assert scores() == [(event.title, 2.0)]


@pytest.mark.parametrize(("days", "score"), [(7, 0.5), (14, 0.25), (3.5, 0.71)])
def test_rsvp_counts_half_as_much_every_seven_days(
    event: Event, ada: User, days: float, score: float
) -> None:
    create_rsvp(event, ada, timezone.now() - timedelta(days=days))
    assert scores() == [(event.title, score)]


def test_rsvps_of_more_than_28_days_ago_do_not_count(event: Event, ada: User) -> None:
    create_rsvp(event, ada, timezone.now() - timedelta(days=28, minutes=1))
    assert scores() == []


def test_interest_does_not_count(event: Event, ada: User) -> None:
    mark_interested(event_id=event.pk, attendee=ada)
    assert scores() == []


def test_person_who_left_does_not_count(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    leave_event(event_id=event.pk, attendee=ada)
    assert scores() == []


def test_person_who_came_back_counts_once(event: Event, ada: User) -> None:
    for _ in range(2):
        join_event(event_id=event.pk, attendee=ada)
        leave_event(event_id=event.pk, attendee=ada)
    join_event(event_id=event.pk, attendee=ada)
    assert scores() == [(event.title, 1.0)]


def test_only_listed_future_events_are_ranked(event: Event, ada: User, sam: User) -> None:
    begun, cancelled, deleted = EventFactory.create_batch(3)
    for joined in (event, begun, cancelled, deleted):
        join_event(event_id=joined.pk, attendee=ada)
    begin(begun)
    Event.objects.filter(pk=cancelled.pk).update(status=Event.Status.CANCELLED)
    Event.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    assert scores() == [(event.title, 1.0)]


def test_events_are_sorted_by_score_and_start(olive: User) -> None:
    start = timezone.now() + timedelta(days=3)
    for title, crowd, days in (("Third", 1, 2), ("Second", 1, 1), ("First", 2, 3)):
        event = EventFactory.create(title=title, start_time=start + timedelta(days=days))
        fill(event, crowd)
    assert [title for title, _ in scores()] == ["First", "Second", "Third"]


def test_event_has_its_category_and_count(olive: User, ada: User) -> None:
    category = CategoryFactory.create()
    event = EventFactory.create(created_by=olive, category=category, max_attendees=2)
    join_event(event_id=event.pk, attendee=ada)
    [row] = popular()
    assert row["event"] == {
        "id": event.pk,
        "title": event.title,
        "start_time": event.start_time,
        "timezone": "UTC",
        "days": None,
        "location": event.location,
        "category": {"id": category.pk, "name": category.name, "slug": category.slug},
    }
    assert (row["going_count"], row["average_rating"]) == (1, None)


class TestCache:
    @pytest.fixture
    def clock(self, event: Event, ada: User) -> Iterator[Traveller]:
        """Stop the clock after the event has been ranked with Ada alone."""
        with travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
            join_event(event_id=event.pk, attendee=ada)
            assert scores() == [(event.title, 1.0)]
            yield clock

    def test_order_is_cached_and_counts_are_not(self, clock: Traveller, event: Event) -> None:
        fill(event, 1)
        [row] = popular()
        assert (row["score"], row["going_count"]) == (1.0, 2)

    def test_cancelled_event_is_left_out_at_once(self, clock: Traveller, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(status=Event.Status.CANCELLED)
        assert popular() == []

    def test_events_are_ranked_again_after_a_minute(self, clock: Traveller, event: Event) -> None:
        fill(event, 1)
        clock.shift(61)
        assert scores() == [(event.title, 2.0)]

    def test_cached_order_is_used_while_another_process_ranks(
        self, clock: Traveller, event: Event
    ) -> None:
        fill(event, 1)
        clock.shift(61)
        cache.add(f"{KEY}:flight", 1, 10)
        assert scores() == [(event.title, 1.0)]
