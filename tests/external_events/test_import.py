"""Import of one event of a provider."""

from typing import Any

import pytest
from icalendar import Calendar

from accounts.models import User
from events.models import Event
from external_events.models import Import
from tests.client import Api, refusal
from tests.factories import CategoryFactory, TagFactory, event_body
from tests.standins import StandInResponse
from tests.standins.seatgeek import SeatGeekStandIn, sg_event
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.both

BODY = {"provider": "ticketmaster"}
PATH = "/external-events/G5vYZ/import/"


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    ticketmaster.events = [tm_event("G5vYZ", "An Evening of Jazz", local="2027-05-01T19:30")]
    return ticketmaster


def only(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: event[name] for name in names}


def test_import_by_an_organizer_counts_as_a_date(
    as_olive: Api, jazz: TicketmasterStandIn, settings: Any
) -> None:
    settings.RATE_LIMITS, settings.EVENT_DATES_PER_DAY = True, 1
    as_olive.post("/events/", event_body())
    as_olive.post(PATH, BODY, expect=429)
    assert Event.objects.count() == 1


class TestNew:
    def test_import_has_all_facts_of_the_provider(
        self, as_olive: Api, olive: User, jazz: TicketmasterStandIn
    ) -> None:
        music = CategoryFactory.create(name="Music", slug="music")
        event = as_olive.post(PATH, BODY)
        assert event.pop("possible_duplicates") == []
        assert event == as_olive.get(f"/events/{event['id']}/")
        for name in ("id", "created_at", "updated_at"):
            del event[name]
        assert event == {
            "title": "An Evening of Jazz",
            "description": "Doors open at seven.",
            "location": "The Cellar, 1 Low Street, London, Great Britain",
            "latitude": 51.5072,
            "longitude": -0.1276,
            "start_time": "2027-05-01T18:30:00Z",
            "end_time": "2027-05-01T21:30:00Z",
            "end_time_known": False,
            "is_all_day": False,
            "timezone": "Europe/London",
            "status": "published",
            "cancellation_reason": "",
            "created_by": {"id": olive.pk, "username": "olive", "display_name": "olive"},
            "category": {"id": music.pk, "name": "Music", "slug": "music"},
            "tags": [],
            "is_recurring": False,
            "recurrence_pattern": None,
            "series": None,
            "banner": None,
            "max_attendees": None,
            "going_count": 0,
            "interested_count": 0,
            "waitlist_count": 0,
            "spots_left": None,
            "is_full": False,
            "requires_verified_email": False,
            "refund_policy": "none",
            "refund_until_hours": 0,
            "average_rating": None,
            "review_count": 0,
            "external_provider": "ticketmaster",
            "external_event_id": "G5vYZ",
            "external_url": "https://tickets.example/event/G5vYZ",
            "external_status": "scheduled",
            "price": "20.00",
            "currency": "GBP",
            "my_role": "owner",
            "my_rsvp": None,
        }

    def test_seatgeek_event_is_imported(self, as_olive: Api, seatgeek: SeatGeekStandIn) -> None:
        seatgeek.events = [sg_event(4711)]
        event = as_olive.post("/external-events/4711/import/", {"provider": "seatgeek"})
        assert only(event, "external_provider", "external_event_id") == {
            "external_provider": "seatgeek",
            "external_event_id": "4711",
        }

    def test_end_of_the_provider_is_not_estimated(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        jazz.events[0]["dates"]["end"] = {
            "localDate": "2027-05-01",
            "localTime": "22:00:00",
            "dateTime": "2027-05-01T21:00:00Z",
        }
        event = as_olive.post(PATH, BODY)
        assert only(event, "end_time", "end_time_known") == {
            "end_time": "2027-05-01T21:00:00Z",
            "end_time_known": True,
        }

    def test_unknown_start_must_be_given(self, as_olive: Api, jazz: TicketmasterStandIn) -> None:
        jazz.events = [tm_event("G5vYZ", local="2027-05-01")]
        assert refusal(as_olive.post(PATH, BODY, expect=400)) == (("start_time", "required"),)
        event = as_olive.post(PATH, BODY | {"start_time": "2027-05-01T20:00"})
        assert only(event, "start_time", "end_time", "end_time_known") == {
            "start_time": "2027-05-01T19:00:00Z",
            "end_time": "2027-05-01T22:00:00Z",
            "end_time_known": False,
        }

    def test_unknown_category_is_none(self, as_olive: Api, jazz: TicketmasterStandIn) -> None:
        CategoryFactory.create(name="Chess", slug="chess")
        assert as_olive.post(PATH, BODY)["category"] is None

    def test_narrowest_existing_category_is_used(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        CategoryFactory.create(name="Music", slug="music")
        CategoryFactory.create(name="Jazz", slug="jazz")
        assert as_olive.post(PATH, BODY)["category"]["slug"] == "jazz"

    def test_unknown_place_is_to_be_announced(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        del jazz.events[0]["_embedded"]["venues"]
        assert as_olive.post(PATH, BODY)["location"] == "To be announced"


class TestOverrides:
    def test_fields_of_the_body_replace_the_provider_s(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        chess, tags = CategoryFactory.create(name="Chess"), TagFactory.create_batch(2)
        given = {
            "title": "We go to hear jazz",
            "description": "Meet at the bar.",
            "max_attendees": 8,
            "category_id": chess.pk,
            "tags": [tags[0].pk, tags[1].slug],
            "status": "draft",
        }
        event = as_olive.post(PATH, BODY | given)
        assert only(event, "title", "description", "max_attendees", "status") == only(
            given, "title", "description", "max_attendees", "status"
        )
        assert event["category"]["id"] == chess.pk
        assert {tag["id"] for tag in event["tags"]} == {tag.pk for tag in tags}

    def test_times_are_in_the_zone_of_the_venue(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        given = {"start_time": "2027-05-01T18:00", "end_time": "2027-05-01T23:00"}
        event = as_olive.post(PATH, BODY | given)
        assert only(event, "start_time", "end_time", "end_time_known") == {
            "start_time": "2027-05-01T17:00:00Z",
            "end_time": "2027-05-01T22:00:00Z",
            "end_time_known": True,
        }

    def test_times_are_in_a_given_zone(self, as_olive: Api, jazz: TicketmasterStandIn) -> None:
        given = {"start_time": "2027-05-01T18:00", "timezone": "America/New_York"}
        assert as_olive.post(PATH, BODY | given)["start_time"] == "2027-05-01T22:00:00Z"

    def test_given_zone_may_have_its_windows_name(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        given = {"start_time": "2027-05-01T18:00", "timezone": "Eastern Standard Time"}
        event = as_olive.post(PATH, BODY | given)
        assert only(event, "start_time", "timezone") == {
            "start_time": "2027-05-01T22:00:00Z",
            "timezone": "America/New_York",
        }

    @pytest.mark.parametrize(
        ("given", "field", "code"),
        [
            ({"title": "x" * 201}, "title", "max_length"),
            ({"max_attendees": 0}, "max_attendees", "min_value"),
            ({"start_time": "soon"}, "start_time", "invalid"),
            ({"timezone": "Moon/Sea"}, "timezone", "invalid_timezone"),
            ({"status": "cancelled"}, "status", "invalid_choice"),
            ({"category_id": 999999}, "category_id", "does_not_exist"),
            ({"provider": "eventbrite"}, "provider", "invalid_choice"),
            ({"provider": None}, "provider", "null"),
        ],
    )
    def test_invalid_field_sends_no_request(
        self, as_olive: Api, jazz: TicketmasterStandIn, given: Any, field: str, code: str
    ) -> None:
        assert refusal(as_olive.post(PATH, BODY | given, expect=400)) == ((field, code),)
        assert jazz.calls == []

    @pytest.mark.parametrize(
        ("given", "days"),
        [
            ({}, ("2027-05-01", "2027-05-01")),
            ({"start_time": "2027-05-03"}, ("2027-05-03", "2027-05-03")),
            ({"end_time": "2027-05-04"}, ("2027-05-01", "2027-05-04")),
        ],
        ids=["days of the provider", "first day alone", "last day alone"],
    )
    def test_import_can_last_whole_days(
        self, as_olive: Api, jazz: TicketmasterStandIn, given: Any, days: tuple[str, str]
    ) -> None:
        event = as_olive.post(PATH, BODY | {"is_all_day": True} | given)
        assert (event["start_time"], event["end_time"]) == days

    def test_estimated_end_adds_no_second_day(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [tm_event("G5vYZ", "Late Jazz", local="2027-05-01T22:30")]
        event = as_olive.post(PATH, BODY | {"is_all_day": True})
        assert (event["start_time"], event["end_time"]) == ("2027-05-01", "2027-05-01")

    @pytest.mark.parametrize("body", [{}, {"title": "Ours"}])
    def test_provider_is_required(
        self, as_olive: Api, jazz: TicketmasterStandIn, body: dict[str, Any]
    ) -> None:
        assert refusal(as_olive.post(PATH, body, expect=400)) == (("provider", "required"),)

    @pytest.mark.parametrize(
        ("given", "field", "code"),
        [
            ({"end_time": "2027-05-01T01:00"}, "end_time", "end_before_start"),
            ({"start_time": "2020-05-01T01:00"}, "start_time", "start_in_past"),
            ({"latitude": None}, "latitude", "coordinates_incomplete"),
        ],
    )
    def test_inconsistent_field_is_refused(
        self, as_olive: Api, jazz: TicketmasterStandIn, given: Any, field: str, code: str
    ) -> None:
        assert refusal(as_olive.post(PATH, BODY | given, expect=400)) == ((field, code),)
        assert not Event.objects.exists()

    def test_later_overrides_change_nothing(self, as_olive: Api, jazz: TicketmasterStandIn) -> None:
        first = as_olive.post(PATH, BODY)
        again = as_olive.post(PATH, BODY | {"title": "Ours", "max_attendees": 5}, expect=200)
        assert (
            again == first == as_olive.get(f"/events/{first['id']}/") | {"possible_duplicates": []}
        )


class TestAgain:
    def test_second_import_is_the_same_event_without_a_request(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        first = as_olive.post(PATH, BODY)
        jazz.events[0]["name"] = "Renamed"
        assert as_olive.post(PATH, BODY, expect=200) == first
        assert len(jazz.calls) == 1

    def test_same_id_at_another_provider_is_another_event(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn, seatgeek: SeatGeekStandIn
    ) -> None:
        ticketmaster.events, seatgeek.events = [tm_event("4711")], [sg_event(4711)]
        events = {
            as_olive.post("/external-events/4711/import/", {"provider": provider})["id"]
            for provider in ("ticketmaster", "seatgeek")
        }
        assert len(events) == 2

    def test_deleted_import_is_created_again(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        first = as_olive.post(PATH, BODY)
        as_olive.delete(f"/events/{first['id']}/")
        again = as_olive.post(PATH, BODY)
        assert again["id"] != first["id"]

    def test_cancelled_import_is_returned_unchanged(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        first = as_olive.post(PATH, BODY)
        as_olive.patch(f"/events/{first['id']}/", {"status": "cancelled"})
        again = as_olive.post(PATH, BODY, expect=200)
        assert only(again, "id", "status") == {"id": first["id"], "status": "cancelled"}

    def test_copy_has_no_provider(self, as_olive: Api, jazz: TicketmasterStandIn) -> None:
        event = as_olive.post(PATH, BODY)
        copied = as_olive.post(f"/events/{event['id']}/copy/", {})
        assert only(copied, "external_provider", "external_event_id", "external_url", "price") == {
            "external_provider": None,
            "external_event_id": None,
            "external_url": None,
            "price": None,
        }


class TestRefused:
    def test_attendee_may_not_import(self, as_ada: Api, jazz: TicketmasterStandIn) -> None:
        assert refusal(as_ada.post(PATH, BODY, expect=403)) == ("organizer_required",)
        assert jazz.calls == []

    def test_stranger_may_not_import(self, as_nobody: Api, jazz: TicketmasterStandIn) -> None:
        as_nobody.post(PATH, BODY, expect=401)

    @pytest.mark.parametrize(
        "external_id", ["unknown", "..", "%2e%2e", "a b", "x" * 300, "é", "%00"]
    )
    def test_unknown_id_is_not_found(
        self, as_olive: Api, jazz: TicketmasterStandIn, external_id: str
    ) -> None:
        as_olive.post(f"/external-events/{external_id}/import/", BODY, expect=404)

    def test_cancelled_event_is_not_imported(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        jazz.events = [tm_event("G5vYZ", status="cancelled")]
        assert refusal(as_olive.post(PATH, BODY, expect=409)) == ("external_event_cancelled",)

    def test_past_event_is_not_imported(self, as_olive: Api, jazz: TicketmasterStandIn) -> None:
        jazz.events = [tm_event("G5vYZ", local="2020-05-01T19:30")]
        assert refusal(as_olive.post(PATH, BODY, expect=400)) == (("start_time", "start_in_past"),)

    def test_provider_without_a_key_is_not_configured(self, as_olive: Api) -> None:
        problem = as_olive.post(PATH, BODY, expect=503)
        assert problem["code"] == "provider_not_configured"

    def test_unavailable_provider_imports_nothing(
        self, as_olive: Api, jazz: TicketmasterStandIn
    ) -> None:
        jazz.trouble = StandInResponse(500, "")
        problem = as_olive.post(PATH, BODY, expect=503)
        assert (problem["code"], Event.objects.exists()) == ("provider_unavailable", False)

    def test_provider_s_fields_are_read_only(self, as_olive: Api) -> None:
        given = {
            "external_provider": "ticketmaster",
            "external_event_id": "G5vYZ",
            "external_url": "https://example.com/",
            "price": "1.00",
            "end_time_known": False,
        }
        event = as_olive.post("/events/", event_body(**given))
        assert only(event, *given) == {
            "external_provider": None,
            "external_event_id": None,
            "external_url": None,
            "price": None,
            "end_time_known": True,
        }


def test_edited_end_is_not_estimated(as_olive: Api, jazz: TicketmasterStandIn) -> None:
    event = as_olive.post(PATH, BODY)
    changed = as_olive.patch(f"/events/{event['id']}/", {"end_time": "2027-05-01T23:30"})
    assert changed["end_time_known"] is True


def test_import_stores_the_provider_s_values(as_olive: Api, jazz: TicketmasterStandIn) -> None:
    event = as_olive.post(PATH, BODY | {"title": "Ours"})
    imported = Import.objects.get(event_id=event["id"])
    assert sorted(imported.written) == [
        "category",
        "description",
        "end_time",
        "latitude",
        "location",
        "longitude",
        "start_time",
        "timezone",
    ]
    assert imported.image == "https://pictures.example/16_9/1024.jpg"


def test_calendars_link_to_the_tickets(as_olive: Api, jazz: TicketmasterStandIn) -> None:
    event = as_olive.post(PATH, BODY)
    [entry] = Calendar.from_ical(as_olive.get(f"/events/{event['id']}/calendar.ics")).events
    assert entry["DESCRIPTION"] == (
        "Tickets: https://tickets.example/event/G5vYZ\n\nDoors open at seven."
    )
