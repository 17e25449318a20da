"""Responses can be sent back: states and formats that the test of all routes lacks."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from events.models import Event, Tag
from events.services.events import cancel_event, update_event
from tests.client import Api, refusal
from tests.events.bannered import with_banner
from tests.factories import CategoryFactory, EventFactory, TagFactory, begin, end, event_body
from tests.rsvp.ticketed import offer
from tests.uploads import file, files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def full_event(olive: User) -> Event:
    """Create an event with a value in every field."""
    event = EventFactory.create(
        created_by=olive,
        category=CategoryFactory.create(),
        tags=TagFactory.create_batch(2),
        max_attendees=5,
        latitude=52.5,
        longitude=13.4,
        timezone="Asia/Tokyo",
    )
    return with_banner(event)


def check_round_trip(api: Api, path: str, query: str = "") -> None:
    body = api.get(path)
    for send in (api.put, api.patch):
        assert send(f"{path}{query}", body) == body
    assert api.get(path) == body


class TestEvents:
    def test_object_with_every_field(self, as_olive: Api, full_event: Event, media: Path) -> None:
        before = files(media)
        check_round_trip(as_olive, f"/events/{full_event.pk}/")
        assert files(media) == before

    def test_imported_event(self, as_olive: Api, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(
            external_provider="ticketmaster",
            external_event_id="G1",
            external_url="https://tickets.example.com/G1",
            external_status="rescheduled",
            end_time_known=False,
            price=Decimal("12.50"),
            currency="EUR",
        )
        check_round_trip(as_olive, f"/events/{event.pk}/")

    def test_event_in_progress(self, as_olive: Api, full_event: Event) -> None:
        begin(full_event)
        check_round_trip(as_olive, f"/events/{full_event.pk}/")

    def test_past_event(self, as_olive: Api, full_event: Event) -> None:
        end(full_event)
        check_round_trip(as_olive, f"/events/{full_event.pk}/")

    def test_cancelled_event(self, as_olive: Api, full_event: Event) -> None:
        cancel_event(event_id=full_event.pk, reason="Rain.")
        check_round_trip(as_olive, f"/events/{full_event.pk}/")

    def test_all_day_event(self, as_olive: Api) -> None:
        days = {"start_time": "2030-06-04", "end_time": "2030-06-06", "is_all_day": True}
        path = f"/events/{as_olive.post('/events/', event_body(**days))['id']}/"
        check_round_trip(as_olive, path)
        as_olive.patch(path, {"status": "cancelled"})
        check_round_trip(as_olive, path)

    def test_one_changed_field_is_the_only_change(self, as_olive: Api, full_event: Event) -> None:
        body = as_olive.get(f"/events/{full_event.pk}/")
        changed = as_olive.put(f"/events/{full_event.pk}/", body | {"title": "Renamed"})
        assert changed.pop("updated_at") > body.pop("updated_at")
        assert changed == body | {"title": "Renamed"}

    def test_changed_read_only_fields_are_ignored(self, as_olive: Api, full_event: Event) -> None:
        body = as_olive.get(f"/events/{full_event.pk}/")
        changes = {
            "id": 4711,
            "created_by": {"id": 1, "username": "sam"},
            "category": None,
            "going_count": 99,
            "price": "1.00",
            "average_rating": "five",
            "my_rsvp": {"status": "going"},
        }
        assert as_olive.put(f"/events/{full_event.pk}/", body | changes) == body

    def test_search_result(self, as_olive: Api, full_event: Event) -> None:
        [result] = as_olive.get("/events/search/", q=full_event.title)["results"]
        assert "highlight" in result
        as_olive.put(f"/events/{full_event.pk}/", result)

    def test_response_of_an_import(self, as_olive: Api, full_event: Event) -> None:
        body = as_olive.get(f"/events/{full_event.pk}/")
        as_olive.put(f"/events/{full_event.pk}/", body | {"possible_duplicates": []})

    def test_event_as_a_new_one(self, as_olive: Api, full_event: Event) -> None:
        body = as_olive.get(f"/events/{full_event.pk}/")
        copied = as_olive.post("/events/", body)
        assert copied["id"] != body["id"]
        assert (copied["title"], copied["tags"]) == (body["title"], body["tags"])


class TestSeries:
    @pytest.fixture
    def first(self, as_olive: Api) -> Any:
        tags = [tag.pk for tag in TagFactory.create_batch(2)]
        return as_olive.post("/events/", event_body(recurrence_pattern="weekly", tags=tags))

    @pytest.mark.parametrize("scope", ["this", "following", "all"])
    def test_occurrence_with_scope(self, as_olive: Api, first: Any, scope: str) -> None:
        listed = as_olive.get("/events/", series=first["series"])
        check_round_trip(as_olive, f"/events/{first['id']}/", f"?scope={scope}")
        assert as_olive.get("/events/", series=first["series"]) == listed

    def test_series(self, as_olive: Api, first: Any) -> None:
        check_round_trip(as_olive, f"/series/{first['series']}/")

    @pytest.mark.parametrize("scope", ["this", "following", "all"])
    def test_all_day_series(self, as_olive: Api, scope: str) -> None:
        days = {"start_time": "2030-06-04", "end_time": "2030-06-04", "is_all_day": True}
        first = as_olive.post("/events/", event_body(recurrence_pattern="weekly", **days))
        check_round_trip(as_olive, f"/events/{first['id']}/", f"?scope={scope}")
        check_round_trip(as_olive, f"/series/{first['series']}/")

    def test_cancelled_series(self, as_olive: Api, first: Any) -> None:
        path = f"/series/{first['series']}/"
        as_olive.patch(path, {"status": "cancelled", "cancellation_reason": "Rain."})
        check_round_trip(as_olive, path)


class TestTags:
    def test_tag_by_id_slug_or_object(self, as_olive: Api, event: Event) -> None:
        one, two, three = TagFactory.create_batch(3)
        body = {"id": three.pk, "name": "Other", "slug": "other"}
        changed = as_olive.patch(f"/events/{event.pk}/", {"tags": [one.pk, two.slug, body]})
        assert [tag["id"] for tag in changed["tags"]] == [one.pk, two.pk, three.pk]
        assert Tag.objects.get(pk=three.pk).name == three.name

    def test_repeated_tag_is_added_once(self, as_olive: Api, event: Event) -> None:
        tag = TagFactory.create()
        changed = as_olive.patch(f"/events/{event.pk}/", {"tags": [tag.slug, tag.pk, tag.pk]})
        assert len(changed["tags"]) == 1

    def test_slug_in_a_form(self, as_olive: Api, event: Event) -> None:
        tag = TagFactory.create()
        path = f"/api/events/{event.pk}/"
        for reference in (tag.slug, str(tag.pk)):
            response = as_olive.client.patch(path, {"tags": [reference]}, format="multipart")
            assert [item["id"] for item in response.json()["tags"]] == [tag.pk]

    def test_slug_of_digits_is_not_an_id(self, as_olive: Api, event: Event) -> None:
        TagFactory.create(pk=2027)
        tag = TagFactory.create(slug="2027")
        changed = as_olive.patch(f"/events/{event.pk}/", {"tags": ["2027"]})
        assert [item["id"] for item in changed["tags"]] == [tag.pk]

    @pytest.mark.parametrize(
        ("reference", "error"),
        [
            ("nowhere", ("tags.0", "does_not_exist")),
            (4711, ("tags.0", "does_not_exist")),
            ({"id": 4711}, ("tags.0", "does_not_exist")),
            ({"id": "1"}, ("tags.0.id", "invalid")),
            ("a\0b", ("tags.0", "invalid")),
            ("x" * 51, ("tags.0", "invalid")),
            ("", ("tags.0", "invalid")),
            ({"slug": "jazz"}, ("tags.0.id", "required")),
            ({"id": 1, "colour": "red"}, ("tags.0.colour", "unknown_field")),
        ],
        ids=ascii,
    )
    def test_unknown_tag_is_refused(
        self, as_olive: Api, event: Event, reference: Any, error: tuple[str, str]
    ) -> None:
        problem = as_olive.patch(f"/events/{event.pk}/", {"tags": [reference]}, expect=400)
        assert refusal(problem) == (error,)


class TestProfile:
    @pytest.fixture
    def full_profile(self, as_ada: Api) -> Any:
        return as_ada.patch(
            "/users/profile/",
            {
                "bio": "Climbs.",
                "phone": "+4930901820",
                "timezone": "Asia/Tokyo",
                "interests": [CategoryFactory.create().pk],
                "notifications": {"quiet_hours": {"from": "22:00", "to": "07:00"}},
                "profile_picture": "https://pictures.example.com/ada.jpg",
            },
        )

    def test_object_with_every_field(self, as_ada: Api, full_profile: Any) -> None:
        check_round_trip(as_ada, "/users/profile/")

    def test_profile_with_an_upload(self, as_ada: Api, media: Path) -> None:
        as_ada.client.patch("/api/users/profile/", {"profile_picture": file()}, format="multipart")
        before = files(media)
        assert before
        check_round_trip(as_ada, "/users/profile/")
        assert files(media) == before

    def test_organizer_keeps_the_role(self, as_olive: Api, settings: Any) -> None:
        settings.ORGANIZER_SELF_SIGNUP = False
        check_round_trip(as_olive, "/users/profile/")


def test_device(as_ada: Api) -> None:
    device = as_ada.post("/devices/", {"token": "fcm-token", "platform": "web"})
    assert as_ada.post("/devices/", device, expect=200) == device


def test_rsvp(as_ada: Api, event: Event) -> None:
    rsvp = as_ada.post(f"/events/{event.pk}/rsvp/", {"status": "going", "guests": 1})
    assert as_ada.post(f"/events/{event.pk}/rsvp/", rsvp, expect=200) == rsvp


def test_rsvp_with_tickets(as_ada: Api, event: Event) -> None:
    types = [offer(event, name="Regular"), offer(event, 3, name="VIP")]
    tickets = [{"ticket_type": ticket_type.pk, "quantity": 1} for ticket_type in types]
    rsvp = as_ada.post(f"/events/{event.pk}/rsvp/", {"status": "going", "tickets": tickets})
    assert as_ada.post(f"/events/{event.pk}/rsvp/", rsvp, expect=200) == rsvp


def test_check_in_is_undone_with_the_same_body(as_olive: Api, olive: User, ada: User) -> None:
    event = EventFactory.create(created_by=olive)
    begin(event)
    body = {"user_id": ada.pk, "walk_in": True, "at": "2027-01-01T12:00:00Z"}
    path = f"/events/{event.pk}/check-in/"
    as_olive.post(path, body, expect=200)
    as_olive.delete(path, body=body, expect=200)


def test_update_without_a_change_writes_nothing(event: Event) -> None:
    update_event(event_id=event.pk, changes={"title": event.title})
    assert Event.objects.get(pk=event.pk).updated_at == event.updated_at
