"""Query parameters of `/api/events/`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event, delete_event, update_event
from rsvp.services import join_event, mark_interested
from tests.client import Api, refusal
from tests.factories import (
    CategoryFactory,
    EventFactory,
    TagFactory,
    begin,
    end,
    fill,
    people,
)

pytestmark = [pytest.mark.django_db, pytest.mark.both]

YEAR = timezone.now().year + 1


def titles(api: Api, **query: Any) -> list[str]:
    return [event["title"] for event in api.get("/events/", **query)["results"]]


def at(day: str) -> dict[str, Any]:
    start = datetime.fromisoformat(f"{YEAR}-{day}").replace(tzinfo=UTC)
    return {"start_time": start, "end_time": start + timedelta(hours=1)}


class TestWhich:
    def test_only_published_events_are_listed(self, as_olive: Api, olive: User) -> None:
        EventFactory.create(created_by=olive, title="draft", status=Event.Status.DRAFT)
        cancel_event(event_id=EventFactory.create(created_by=olive).pk)
        delete_event(event_id=EventFactory.create(created_by=olive).pk)
        EventFactory.create(created_by=olive, title="published")
        assert titles(as_olive) == ["published"]

    def test_mine_includes_drafts(self, as_olive: Api, olive: User) -> None:
        EventFactory.create(created_by=olive, title="draft", status=Event.Status.DRAFT)
        EventFactory.create(title="of others")
        EventFactory.create(title="draft of others", status=Event.Status.DRAFT)
        assert titles(as_olive, mine="true") == ["draft"]

    def test_when(self, as_ada: Api) -> None:
        end(EventFactory.create(title="over"))
        begin(EventFactory.create(title="running"))
        EventFactory.create(title="to come")
        assert titles(as_ada) == ["running", "to come"]
        assert titles(as_ada, when="upcoming") == ["to come"]
        assert titles(as_ada, when="past") == ["over"]
        assert titles(as_ada, when="all") == ["over", "running", "to come"]

    def test_date_filters_include_past_events(self, as_ada: Api) -> None:
        end(EventFactory.create(title="over"))
        today = timezone.now().date()
        since = (today - timedelta(days=1)).isoformat()
        assert titles(as_ada, date_from=since) == ["over"]


class TestFilters:
    def test_texts_match_parts_in_any_case(self, as_ada: Api) -> None:
        EventFactory.create(title="Übermut und Jazz", location="Zürich, Langstraße")
        EventFactory.create(title="Chess", location="Berlin")
        for query in (
            {"title": "jazz"},
            {"search": "ÜBERMUT"},
            {"title": "ubermut"},
            {"location": "zÜrIcH"},
            {"location": "zurich"},
            {"title": "mut und", "location": "lang"},
        ):
            assert titles(as_ada, **query) == ["Übermut und Jazz"], query

    def test_wildcards_are_escaped(self, as_ada: Api) -> None:
        EventFactory.create(title="100% Jazz_Night \\o/")
        for text in ("100%", "z_N", "\\o"):
            assert titles(as_ada, title=text) == ["100% Jazz_Night \\o/"]
        assert titles(as_ada, title="1%0") == []
        assert titles(as_ada, title="J_zz") == []

    def test_category(self, as_ada: Api) -> None:
        event = EventFactory.create(title="in it", category=CategoryFactory.create())
        EventFactory.create()
        assert titles(as_ada, category_id=event.category_id) == ["in it"]
        assert titles(as_ada, category_id=99999) == []

    def test_event_must_have_all_tags(self, as_ada: Api) -> None:
        jazz, free = TagFactory.create(slug="jazz"), TagFactory.create(slug="free")
        year = TagFactory.create(slug="2027")
        EventFactory.create(title="both", tags=[jazz, free])
        EventFactory.create(title="one", tags=[jazz])
        EventFactory.create(title="numbered", tags=[year])
        assert titles(as_ada, tags="jazz") == ["both", "one"]
        assert titles(as_ada, tags=f"free, {jazz.pk}") == ["both"]
        assert titles(as_ada, tags="2027") == ["numbered"]
        assert titles(as_ada, tags="jazz,none") == []

    def test_organizer_by_id_or_name(self, as_ada: Api, olive: User) -> None:
        EventFactory.create(title="Olive's", created_by=olive)
        EventFactory.create(title="another's")
        assert titles(as_ada, organizer="OLIVE") == ["Olive's"]
        assert titles(as_ada, organizer=olive.pk) == ["Olive's"]
        assert titles(as_ada, organizer="nobody") == []
        assert titles(as_ada, organizer="9" * 30) == []

    def test_days_are_inclusive_and_in_the_requested_zone(self, as_ada: Api) -> None:
        EventFactory.create(title="late on the 4th", **at("06-04T23:30"))
        EventFactory.create(title="early on the 5th", **at("06-05T00:30"))
        day = {"date_from": f"{YEAR}-06-04", "date_to": f"{YEAR}-06-04"}
        assert titles(as_ada, **day) == ["late on the 4th"]
        assert titles(as_ada, **day, tz="America/New_York") == [
            "late on the 4th",
            "early on the 5th",
        ]
        assert titles(as_ada, **day, tz="Europe/Berlin") == []

    def test_is_full_means_that_a_new_rsvp_would_wait(self, as_ada: Api) -> None:
        full = EventFactory.create(title="full", max_attendees=1)
        fill(full, 1)
        EventFactory.create(title="free", max_attendees=1)
        EventFactory.create(title="unlimited")
        held_back = EventFactory.create(title="held back", max_attendees=3)
        fill(held_back, 1)
        [family] = people(1)
        join_event(event_id=held_back.pk, attendee=family, guests=2)
        passed_over = EventFactory.create(title="passed over", max_attendees=3)
        fill(passed_over, 1)
        [other] = people(1)
        join_event(event_id=passed_over.pk, attendee=other, guests=2)
        update_event(event_id=passed_over.pk, changes={"max_attendees": 2})
        assert sorted(titles(as_ada, is_full="true")) == ["full", "held back"]
        assert sorted(titles(as_ada, is_full="false")) == ["free", "passed over", "unlimited"]
        shown = {e["title"]: e["is_full"] for e in as_ada.get("/events/")["results"]}
        assert sorted(title for title, is_full in shown.items() if is_full) == ["full", "held back"]

    def test_orderings(self, as_ada: Api, ada: User) -> None:
        first = EventFactory.create(title="b", **at("06-01T10:00"))
        second = EventFactory.create(title="a", **at("06-02T10:00"))
        third = EventFactory.create(title="c", **at("06-03T10:00"))
        join_event(event_id=second.pk, attendee=ada)
        mark_interested(event_id=third.pk, attendee=ada)
        assert first.pk
        for ordering, expected in {
            "start_time": "bac",
            "-start_time": "cab",
            "popularity": "acb",
            "created_at": "bac",
            "-created_at": "cab",
            "title": "abc",
            "-title": "cba",
        }.items():
            assert "".join(titles(as_ada, ordering=ordering)) == expected, ordering

    def test_unknown_parameters_are_ignored(self, as_ada: Api, event: Event) -> None:
        assert titles(as_ada, colour="red", format="csv") == [event.title]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"when": "sometime"}, "invalid_choice"),
        ({"ordering": "colour"}, "invalid_choice"),
        ({"is_full": "maybe"}, "invalid_choice"),
        ({"mine": "yes"}, "invalid_choice"),
        ({"category_id": "music"}, "invalid"),
        ({"category_id": "1e999999"}, "invalid"),
        ({"category_id": "9" * 400}, "max_value"),
        ({"category_id": "0"}, "min_value"),
        ({"date_from": "soon"}, "invalid"),
        ({"date_from": "2027-02-30"}, "invalid"),
        ({"date_from": "01/02/2027"}, "invalid"),
        ({"tz": "localtime"}, "invalid_timezone"),
        ({"date_to": "9999-12-31"}, "out_of_range"),
        ({"date_from": "0001-01-01", "tz": "Asia/Tokyo"}, "out_of_range"),
        ({"tz": "Mars/Olympus"}, "invalid_timezone"),
        ({"title": "x" * 257}, "max_length"),
        ({"search": "\x00"}, "null_characters_not_allowed"),
        ({"organizer": "\x00"}, "null_characters_not_allowed"),
        ({"tags": ",".join("abcdefghijk")}, "too_many"),
    ],
)
def test_invalid_parameter_is_named(as_ada: Api, query: dict[str, Any], code: str) -> None:
    name = next(iter(query)) if "tz" not in query or len(query) == 1 else "date_from"
    assert refusal(as_ada.get("/events/", expect=400, **query)) == ((name, code),)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/events/?when=soon", "Use one of: now, today, weekend, upcoming, past, all."),
        ("/events/?is_full=maybe", "Use one of: true, false."),
        (
            "/events/search/?sort=colour",
            "Use one of: relevance, popularity, date, rating, distance, start_time, -start_time, "
            "created_at, -created_at, title, -title.",
        ),
    ],
)
def test_invalid_choice_lists_the_valid_ones(as_ada: Api, path: str, detail: str) -> None:
    assert as_ada.get(path, expect=400)["errors"][0]["detail"] == detail
