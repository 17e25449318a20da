"""Recommended events, by interests and earlier RSVPs, best first."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import Event, Series
from rsvp.services import join_event, leave_event, mark_interested
from tests.client import Api
from tests.factories import CategoryFactory, EventFactory, TagFactory, begin, end, fill

pytestmark = pytest.mark.django_db


def put(title: str, days: int = 7, **details: Any) -> Event:
    start = timezone.now() + timedelta(days=days)
    times = {"start_time": start, "end_time": start + timedelta(hours=1)}
    event: Event = EventFactory.create(title=title, **times, **details)
    return event


def titles(api: Api, **query: Any) -> list[str]:
    return [event["title"] for event in api.get("/events/recommended/", **query)["results"]]


def went(user: User, **details: Any) -> None:
    """Create a past event of this kind to which the person went."""
    event = put("past", **details)
    join_event(event_id=event.pk, attendee=user)
    end(event)


def test_interests_come_before_earlier_rsvps_and_those_before_tags(as_ada: Api, ada: User) -> None:
    music, tech, other = CategoryFactory.create_batch(3)
    late, free = TagFactory.create_batch(2)
    ada.interests.add(music)
    went(ada, category=tech, tags=[late, free])
    put("nothing of it", category=other, days=1)
    put("one tag", category=other, tags=[late], days=2)
    put("earlier category", category=tech, days=3)
    put("interest", category=music, days=4)
    put("interest and tags", category=music, tags=[late, free], days=6)
    assert titles(as_ada) == ["interest and tags", "interest", "earlier category", "one tag"]


def test_equal_scores_are_sorted_by_start(as_ada: Api, ada: User) -> None:
    music = CategoryFactory.create()
    ada.interests.add(music)
    put("later", category=music, days=3)
    put("sooner", category=music, days=2)
    assert titles(as_ada) == ["sooner", "later"]


def test_cancelled_rsvps_do_not_count(as_ada: Api, ada: User) -> None:
    tech, music = CategoryFactory.create_batch(2)
    left = put("left", category=tech)
    join_event(event_id=left.pk, attendee=ada)
    leave_event(event_id=left.pk, attendee=ada)
    mark_interested(event_id=put("liked", category=music).pk, attendee=ada)
    put("of what was left", category=tech)
    put("of what was liked", category=music)
    assert titles(as_ada) == ["of what was liked"]


def test_own_events_and_those_with_an_rsvp_are_excluded(as_olive: Api, olive: User) -> None:
    music = CategoryFactory.create()
    olive.interests.add(music)
    put("own", category=music, created_by=olive)
    join_event(event_id=put("answered", category=music).pk, attendee=olive)
    left = put("left", category=music)
    join_event(event_id=left.pk, attendee=olive)
    leave_event(event_id=left.pk, attendee=olive)
    put("new", category=music)
    assert titles(as_olive) == ["new"]


def test_only_listed_future_events_are_recommended(as_ada: Api, ada: User) -> None:
    music = CategoryFactory.create()
    ada.interests.add(music)
    begin(put("running", category=music))
    end(put("over", category=music))
    put("draft", category=music, status=Event.Status.DRAFT)
    put("to come", category=music)
    assert titles(as_ada) == ["to come"]


def test_series_is_recommended_with_its_next_open_date(as_ada: Api, ada: User, olive: User) -> None:
    music = CategoryFactory.create()
    ada.interests.add(music)
    series = Series.objects.create(
        title="class", description="", location="Here", created_by=olive, category=music,
        recurrence_pattern="weekly", first_day=date(2027, 1, 1), local_time=time(19),
        duration=timedelta(hours=1),
    )  # fmt: skip
    for number in (3, 1, 2):
        event = put(f"class {number}", category=music, days=number)
        day = event.start_time.date()
        Event.objects.filter(pk=event.pk).update(series=series, series_day=day)
    put("alone", category=music, days=9)
    assert titles(as_ada) == ["class 1", "alone"]
    join_event(event_id=Event.objects.get(title="class 1").pk, attendee=ada)
    assert titles(as_ada) == ["class 2", "alone"]


def test_newcomers_get_the_best_attended(as_ada: Api) -> None:
    put("quiet", days=1)
    fill(put("loud", days=3), 2)
    fill(put("fair", days=2), 1)
    assert titles(as_ada) == ["loud", "fair", "quiet"]


def test_person_without_matches_gets_the_best_attended(as_ada: Api, ada: User) -> None:
    ada.interests.add(CategoryFactory.create())
    put("anything")
    assert titles(as_ada) == ["anything"]


def test_no_future_events_recommend_nothing(as_ada: Api) -> None:
    assert as_ada.get("/events/recommended/") == {
        "count": 0, "next": None, "previous": None, "results": [],
    }  # fmt: skip


def test_recommendations_are_paginated(as_ada: Api, ada: User) -> None:
    music = CategoryFactory.create()
    ada.interests.add(music)
    for number in range(3):
        put(f"{number}", category=music, days=number + 1)
    assert titles(as_ada, limit=2) == ["0", "1"]
    assert titles(as_ada, limit=2, page=2) == ["2"]
    assert as_ada.get("/events/recommended/")["count"] == 3


def test_history_of_others_is_ignored(as_ada: Api, sam: User) -> None:
    tech = CategoryFactory.create()
    went(sam, category=tech)
    put("sooner", days=1)
    put("of sam's taste", category=tech, days=2)
    assert titles(as_ada) == ["sooner", "of sam's taste"]


def test_anonymous_request_is_401(as_nobody: Api) -> None:
    as_nobody.get("/events/recommended/", expect=401)
