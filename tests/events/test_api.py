"""Events, categories and tags over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from events.models import Event, Tally
from events.services.events import cancel_event, delete_event
from notifications.tasks import relay
from tests.client import Api, refusal
from tests.factories import (
    CategoryFactory,
    EventFactory,
    TagFactory,
    begin,
    event_body,
    fill,
)

pytestmark = pytest.mark.both

YEAR = timezone.now().year + 1


class TestCreate:
    def test_organizer_creates_an_event(self, as_olive: Api, olive: User) -> None:
        music = CategoryFactory.create(name="Music", slug="music")
        jazz = TagFactory.create(name="Jazz", slug="jazz")
        body = event_body(
            start_time=f"{YEAR}-06-04T19:00:00+02:00",
            end_time=f"{YEAR}-06-04T22:00:00+02:00",
            timezone="Europe/Berlin",
            max_attendees=30,
            category_id=music.pk,
            tags=[jazz.pk],
            latitude=52.5,
            longitude=13.4,
        )
        event = as_olive.post("/events/", body)
        assert event == as_olive.get(f"/events/{event['id']}/")
        assert event.pop("created_at") <= event.pop("updated_at")
        assert event == {
            "id": event["id"],
            "title": "Rooftop Jazz Night",
            "description": "Three trios, one skyline.",
            "location": "Dachgarten, Berlin",
            "latitude": 52.5,
            "longitude": 13.4,
            "start_time": f"{YEAR}-06-04T17:00:00Z",
            "end_time": f"{YEAR}-06-04T20:00:00Z",
            "timezone": "Europe/Berlin",
            "status": "published",
            "created_by": {"id": olive.pk, "username": "olive", "display_name": "olive"},
            "category": {"id": music.pk, "name": "Music", "slug": "music"},
            "tags": [{"id": jazz.pk, "name": "Jazz", "slug": "jazz"}],
            "cancellation_reason": "",
            "is_recurring": False,
            "recurrence_pattern": None,
            "series": None,
            "banner": None,
            "max_attendees": 30,
            "going_count": 0,
            "interested_count": 0,
            "waitlist_count": 0,
            "spots_left": 30,
            "is_full": False,
            "requires_verified_email": False,
            "refund_policy": "none",
            "refund_until_hours": 0,
            "average_rating": None,
            "review_count": 0,
            "end_time_known": True,
            "is_all_day": False,
            "external_provider": None,
            "external_event_id": None,
            "external_url": None,
            "external_status": None,
            "price": None,
            "currency": None,
            "my_role": "owner",
            "my_rsvp": None,
        }

    def test_event_without_limit_has_no_spots_to_count(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", event_body())
        assert (event["max_attendees"], event["spots_left"], event["is_full"]) == (
            None,
            None,
            False,
        )

    def test_attendee_cannot_create(self, as_ada: Api) -> None:
        problem = as_ada.post("/events/", event_body(), expect=403)
        assert refusal(problem) == ("organizer_required",)
        assert not Event.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"title": ""}, "title", "blank"),
            ({"title": "  \t "}, "title", "blank"),
            ({"title": "\u200b\u200b"}, "title", "blank"),
            ({"title": "\u3164"}, "title", "blank"),
            ({"title": "\u2800 \ufe0f"}, "title", "blank"),
            ({"title": 12}, "title", "invalid"),
            ({"title": None}, "title", "null"),
            ({"title": "x" * 201}, "title", "max_length"),
            ({"title": "Jazz\r\nBcc: all"}, "title", "control_characters"),
            ({"title": "Jazz\x07"}, "title", "control_characters"),
            ({"title": "Jazz\x00"}, "title", "null_characters_not_allowed"),
            ({"timezone": "localtime"}, "timezone", "invalid_timezone"),
            ({"timezone": "/etc/localtime"}, "timezone", "invalid_timezone"),
            ({"end_time": "2200-12-31T23:59:59-12:00"}, "end_time", "out_of_range"),
            ({"max_attendees": "1_0"}, "max_attendees", "invalid"),
            ({"max_attendees": "٣"}, "max_attendees", "invalid"),
            ({"latitude": True, "longitude": 1}, "latitude", "invalid"),
            ({"latitude": "nan", "longitude": 1}, "latitude", "invalid"),
            ({"title": "\u202egnirob"}, "title", "control_characters"),
            ({"title": ["Jazz"]}, "title", "invalid"),
            ({"description": "\x00"}, "description", "null_characters_not_allowed"),
            ({"description": "\x1b[31m"}, "description", "control_characters"),
            ({"description": "x" * 20_001}, "description", "max_length"),
            ({"location": None}, "location", "null"),
            ({"location": "a\x07b"}, "location", "control_characters"),
            ({"location": "x" * 301}, "location", "max_length"),
            ({"timezone": "Berlin"}, "timezone", "invalid_timezone"),
            ({"timezone": ""}, "timezone", "blank"),
            ({"start_time": "tomorrow"}, "start_time", "invalid"),
            ({"start_time": 5}, "start_time", "invalid"),
            ({"start_time": "2020-01-01T10:00:00Z"}, "start_time", "start_in_past"),
            ({"start_time": "1969-12-31T23:00:00Z"}, "start_time", "out_of_range"),
            ({"end_time": "2201-01-01T00:00:00Z"}, "end_time", "out_of_range"),
            ({"end_time": "9999-12-31T23:00:00-05:00"}, "end_time", "out_of_range"),
            ({"start_time": "0001-01-01T00:00:00+14:00"}, "start_time", "out_of_range"),
            ({"end_time": "2020-01-01T10:00:00Z"}, "end_time", "end_before_start"),
            ({"max_attendees": 0}, "max_attendees", "min_value"),
            ({"max_attendees": -5}, "max_attendees", "min_value"),
            ({"max_attendees": 2**31}, "max_attendees", "max_value"),
            ({"max_attendees": 10**400}, "max_attendees", "invalid"),
            ({"max_attendees": "many"}, "max_attendees", "invalid"),
            ({"max_attendees": True}, "max_attendees", "invalid"),
            ({"max_attendees": 2.5}, "max_attendees", "invalid"),
            ({"status": "cancelled"}, "status", "invalid_choice"),
            ({"status": "great"}, "status", "invalid_choice"),
            ({"category_id": 999}, "category_id", "does_not_exist"),
            ({"category_id": 10**30}, "category_id", "invalid"),
            ({"category_id": 1.5}, "category_id", "invalid"),
            ({"category_id": 10**999}, "category_id", "invalid"),
            ({"category_id": 9 * 10**18}, "category_id", "does_not_exist"),
            ({"category_id": "1"}, "category_id", "invalid"),
            ({"category_id": "music"}, "category_id", "invalid"),
            ({"tags": [999]}, "tags.0", "does_not_exist"),
            ({"tags": ["jazz"]}, "tags.0", "does_not_exist"),
            ({"tags": [True]}, "tags.0", "invalid"),
            ({"tags": [{"slug": "jazz"}]}, "tags.0.id", "required"),
            ({"tags": [{"id": 1, "nmae": "x"}]}, "tags.0.nmae", "unknown_field"),
            ({"tags": "jazz"}, "tags", "not_a_list"),
            ({"tags": list(range(1, 22))}, "tags", "max_length"),
            ({"latitude": 91, "longitude": 0}, "latitude", "max_value"),
            ({"latitude": 0, "longitude": -181}, "longitude", "min_value"),
            ({"latitude": 52.5}, "longitude", "coordinates_incomplete"),
            ({"latitude": "north", "longitude": 1}, "latitude", "invalid"),
        ],
    )
    def test_invalid_value_is_named_and_creates_nothing(
        self, as_olive: Api, changes: dict[str, Any], field: str, code: str
    ) -> None:
        # As text, because the test client can't send a number of 400 digits.
        response = as_olive.client.post(
            "/api/events/", json.dumps(event_body(**changes)), content_type="application/json"
        )
        assert response.status_code == 400, response.content
        assert (field, code) in refusal(response.json())
        assert len({error["field"] for error in response.json()["errors"]}) == 1
        assert not Event.objects.exists()

    @pytest.mark.parametrize("missing", ["title", "start_time", "end_time"])
    def test_missing_field_is_named(self, as_olive: Api, missing: str) -> None:
        body = event_body()
        del body[missing]
        assert refusal(as_olive.post("/events/", body, expect=400)) == ((missing, "required"),)

    @pytest.mark.parametrize(
        "sent", ["", " \t", "\u200b", None], ids=["", "blank", "invisible", "no"]
    )
    @pytest.mark.parametrize("rule", [None, "FREQ=DAILY;COUNT=2"], ids=["event", "series"])
    def test_description_and_location_are_optional(
        self, as_olive: Api, as_ada: Api, sent: str | None, rule: str | None
    ) -> None:
        names = ("description", "location")
        body = {name: value for name, value in event_body().items() if name not in names}
        body |= {} if sent is None else dict.fromkeys(names, sent)
        body |= {} if rule is None else {"recurrence_pattern": rule}
        event = as_olive.post("/events/", body)
        copied = as_olive.post(f"/events/{event['id']}/copy/")
        assert [event[name] for name in names] == ["", ""]
        assert [copied[name] for name in names] == ["", ""]
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        relay()
        assert "Where:" not in mail.outbox[-1].body
        file = as_ada.get(f"/events/{event['id']}/calendar.ics").decode()
        assert "LOCATION" not in file and "DESCRIPTION" not in file
        found = as_ada.get("/events/search/", q="rooftop")["results"]
        assert event["id"] in [entry["id"] for entry in found]
        assert as_ada.get("/events/", location="berlin")["results"] == []

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_description_and_location_can_be_emptied(
        self, as_olive: Api, event: Event, method: str
    ) -> None:
        body = {"description": "", "location": ""}
        changed = getattr(as_olive, method)(f"/events/{event.pk}/", body)
        assert (changed["description"], changed["location"]) == ("", "")

    def test_markup_is_stored_as_text(self, as_olive: Api) -> None:
        hostile = "<img src=x onerror=alert(1)>"
        event = as_olive.post("/events/", event_body(title=hostile, description=hostile))
        assert (event["title"], event["description"]) == (hostile, hostile)


class TestLocalTimes:
    def create(self, api: Api, start: str, end: str, zone: str) -> dict[str, Any]:
        event: dict[str, Any] = api.post(
            "/events/", event_body(start_time=start, end_time=end, timezone=zone)
        )
        return event

    def test_time_without_offset_is_local_to_the_event(self, as_olive: Api) -> None:
        event = self.create(
            as_olive, f"{YEAR}-07-01T19:00:00", f"{YEAR}-07-01T21:00:00", "America/New_York"
        )
        assert event["start_time"] == f"{YEAR}-07-01T23:00:00Z"

    def test_default_time_zone_is_the_organizers(self, as_olive: Api, olive: User) -> None:
        olive.timezone = "Asia/Tokyo"
        olive.save()
        event = as_olive.post(
            "/events/",
            event_body(start_time=f"{YEAR}-07-01T09:00:00", end_time=f"{YEAR}-07-01T10:00:00"),
        )
        assert (event["timezone"], event["start_time"]) == ("Asia/Tokyo", f"{YEAR}-07-01T00:00:00Z")

    def test_time_in_a_skipped_hour_moves_by_the_gap(self, as_olive: Api) -> None:
        # 2027-03-28 in Berlin: 02:00 becomes 03:00.
        event = self.create(as_olive, "2027-03-28T02:30:00", "2027-03-28T05:00:00", "Europe/Berlin")
        assert event["start_time"] == "2027-03-28T01:30:00Z"

    def test_time_in_a_repeated_hour_is_the_first_one(self, as_olive: Api) -> None:
        # 2027-10-31 in Berlin: 03:00 becomes 02:00.
        event = self.create(as_olive, "2027-10-31T02:30:00", "2027-10-31T05:00:00", "Europe/Berlin")
        assert event["start_time"] == "2027-10-31T00:30:00Z"

    def test_change_reads_times_in_the_events_zone(self, as_olive: Api) -> None:
        event = self.create(
            as_olive, f"{YEAR}-07-01T19:00:00", f"{YEAR}-07-01T21:00:00", "Europe/Berlin"
        )
        changed = as_olive.patch(
            f"/events/{event['id']}/", {"start_time": f"{YEAR}-07-01T18:00:00"}
        )
        assert changed["start_time"] == f"{YEAR}-07-01T16:00:00Z"


class TestRead:
    def test_draft_is_visible_to_its_owner_only(
        self, as_olive: Api, as_ada: Api, olive: User
    ) -> None:
        draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
        assert as_olive.get(f"/events/{draft.pk}/")["status"] == "draft"
        as_ada.get(f"/events/{draft.pk}/", expect=404)

    def test_cancelled_event_stays_readable(self, as_ada: Api, event: Event) -> None:
        cancel_event(event_id=event.pk)
        assert as_ada.get(f"/events/{event.pk}/")["status"] == "cancelled"

    def test_deleted_event_is_404_for_its_owner(self, as_olive: Api, event: Event) -> None:
        delete_event(event_id=event.pk)
        as_olive.get(f"/events/{event.pk}/", expect=404)

    @pytest.mark.parametrize(
        "pk", ["0", "999999", "9" * 18, "9" * 19, "9" * 500, "-1", "1.0", "x", "٣"]
    )
    def test_unknown_id_is_404(self, as_ada: Api, pk: str) -> None:
        as_ada.get(f"/events/{pk}/", expect=404)

    def test_event_shows_my_rsvp(self, as_ada: Api, ada: User, event: Event) -> None:
        fill(event, 3)
        as_ada.post(f"/events/{event.pk}/rsvp/", {"status": "going", "guests": 1})
        shown = as_ada.get(f"/events/{event.pk}/")
        assert shown["my_rsvp"] == {"status": "waitlisted", "guests": 1, "waitlist_position": 2}
        assert (shown["going_count"], shown["waitlist_count"]) == (2, 3)
        assert (shown["spots_left"], shown["is_full"]) == (0, True)


class TestChange:
    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_owner_changes_what_is_sent(self, as_olive: Api, event: Event, method: str) -> None:
        changed = getattr(as_olive, method)(f"/events/{event.pk}/", {"title": "Renamed"})
        assert (changed["title"], changed["location"]) == ("Renamed", "Town hall")

    def test_update_returns_the_changed_event(self, as_olive: Api, event: Event) -> None:
        category, tag = CategoryFactory.create(), TagFactory.create()
        fill(event, 3)
        body = {"category_id": category.pk, "tags": [tag.pk], "max_attendees": 3}
        changed = as_olive.patch(f"/events/{event.pk}/", body)
        assert changed == as_olive.get(f"/events/{event.pk}/")
        assert (changed["category"]["id"], changed["tags"][0]["id"]) == (category.pk, tag.pk)
        assert (changed["going_count"], changed["waitlist_count"]) == (3, 0)

    def test_category_and_tags_can_be_removed(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(
            created_by=olive, category=CategoryFactory.create(), tags=[TagFactory.create()]
        )
        changed = as_olive.patch(f"/events/{event.pk}/", {"category_id": None, "tags": []})
        assert (changed["category"], changed["tags"]) == (None, [])

    def test_unchanged_value_changes_nothing(self, as_olive: Api, event: Event) -> None:
        before = as_olive.get(f"/events/{event.pk}/")
        assert as_olive.patch(f"/events/{event.pk}/", {"title": event.title}) == before

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_stranger_cannot_change(self, as_sam: Api, event: Event, method: str) -> None:
        problem = getattr(as_sam, method)(f"/events/{event.pk}/", {"title": "Mine"}, expect=403)
        assert refusal(problem) == ("owner_required",)

    def test_draft_is_404_for_strangers(self, as_sam: Api) -> None:
        draft = EventFactory.create(status=Event.Status.DRAFT)
        as_sam.patch(f"/events/{draft.pk}/", {"title": "Mine"}, expect=404)
        as_sam.delete(f"/events/{draft.pk}/", expect=404)

    def test_limit_below_the_seats_taken_is_refused(self, as_olive: Api, event: Event) -> None:
        fill(event, 2)
        body = {"max_attendees": 1, "title": "Smaller"}
        problem = as_olive.patch(f"/events/{event.pk}/", body, expect=400)
        assert refusal(problem) == (("max_attendees", "capacity_below_attendance"),)
        assert as_olive.get(f"/events/{event.pk}/")["title"] == event.title

    def test_limit_can_be_removed(self, as_olive: Api, event: Event) -> None:
        fill(event, 4)
        changed = as_olive.patch(f"/events/{event.pk}/", {"max_attendees": None})
        assert (changed["going_count"], changed["spots_left"], changed["is_full"]) == (
            4,
            None,
            False,
        )

    def test_end_before_start_is_refused(self, as_olive: Api, event: Event) -> None:
        late = (event.end_time + timedelta(hours=1)).isoformat()
        early = (event.start_time - timedelta(hours=1)).isoformat()
        for body in ({"end_time": early}, {"start_time": late, "end_time": early}):
            problem = as_olive.patch(f"/events/{event.pk}/", body, expect=400)
            assert refusal(problem) == (("end_time", "end_before_start"),)

    def test_event_cannot_be_moved_into_the_past(self, as_olive: Api, event: Event) -> None:
        problem = as_olive.patch(
            f"/events/{event.pk}/", {"start_time": "2020-01-01T00:00:00Z"}, expect=400
        )
        assert refusal(problem) == (("start_time", "start_in_past"),)

    def test_text_of_a_running_event_can_be_changed(self, as_olive: Api, event: Event) -> None:
        begin(event)
        as_olive.patch(f"/events/{event.pk}/", {"description": "Entrance in the yard."})

    def test_single_coordinate_is_refused(self, as_olive: Api, event: Event) -> None:
        problem = as_olive.patch(f"/events/{event.pk}/", {"latitude": 1.5}, expect=400)
        assert refusal(problem) == (("longitude", "coordinates_incomplete"),)

    def test_owner_cannot_be_changed(
        self, as_olive: Api, event: Event, olive: User, ada: User
    ) -> None:
        changed = as_olive.patch(f"/events/{event.pk}/", {"created_by": ada.pk})
        assert changed["created_by"]["id"] == olive.pk


class TestLifecycle:
    def test_draft_is_published(self, as_olive: Api, as_ada: Api, olive: User) -> None:
        draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
        as_olive.patch(f"/events/{draft.pk}/", {"status": "published"})
        as_ada.get(f"/events/{draft.pk}/")

    def test_draft_in_the_past_is_not_published(self, as_olive: Api, olive: User) -> None:
        draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
        begin(draft)
        problem = as_olive.patch(f"/events/{draft.pk}/", {"status": "published"}, expect=409)
        assert refusal(problem) == ("event_started", "move_event")

    def test_published_event_cannot_become_a_draft(self, as_olive: Api, event: Event) -> None:
        problem = as_olive.patch(f"/events/{event.pk}/", {"status": "draft"}, expect=409)
        assert refusal(problem) == ("event_published", "cancel_event")

    def test_draft_is_deleted_not_cancelled(self, as_olive: Api, as_ada: Api, olive: User) -> None:
        """Everybody can read cancelled events, so drafts must not become one."""
        draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
        problem = as_olive.patch(f"/events/{draft.pk}/", {"status": "cancelled"}, expect=409)
        assert refusal(problem) == ("event_not_published", "delete_event")
        as_ada.get(f"/events/{draft.pk}/", expect=404)

    def test_cancelling_twice_is_no_error(self, as_olive: Api, event: Event) -> None:
        """It can be reverted: tests/events/test_published_again.py."""
        path = f"/events/{event.pk}/"
        assert as_olive.patch(path, {"status": "cancelled"})["status"] == "cancelled"
        as_olive.patch(path, {"status": "cancelled"})
        as_olive.patch(path, {})

    def test_delete_keeps_the_rows(self, as_olive: Api, as_ada: Api, event: Event) -> None:
        as_olive.delete(f"/events/{event.pk}/")
        as_olive.delete(f"/events/{event.pk}/", expect=404)
        assert as_ada.get("/events/")["results"] == []
        assert Event.objects.get().deleted_at is not None

    def test_stranger_cannot_delete(self, as_sam: Api, event: Event) -> None:
        as_sam.delete(f"/events/{event.pk}/", expect=403)
        assert Event.objects.get().deleted_at is None


def test_every_event_has_a_tally(as_olive: Api) -> None:
    event = as_olive.post("/events/", event_body(max_attendees=7))
    assert Tally.objects.get(pk=event["id"]).max_attendees == 7


def test_times_are_utc(as_ada: Api, event: Event) -> None:
    shown = as_ada.get(f"/events/{event.pk}/")
    assert datetime.fromisoformat(shown["start_time"]).tzinfo == UTC
    assert shown["start_time"].endswith("Z")
