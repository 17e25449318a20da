"""RSVPs over HTTP."""

from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import User
from events.models import Event, Series
from events.services.events import cancel_event, delete_event
from rsvp.models import Rsvp
from rsvp.services import join_event, leave_event, mark_interested
from tests.client import Api, refusal
from tests.factories import EventFactory, begin, end, fill
from tests.rsvp.dates import series_with

pytestmark = pytest.mark.both

SHOWN_OF_EVENT = (
    "id", "title", "location", "start_time", "end_time", "is_all_day", "timezone", "status",
)  # fmt: skip


def path(event: Event, what: str = "rsvp") -> str:
    return f"/events/{event.pk}/{what}/"


class TestRsvp:
    def test_first_rsvp_is_created(self, as_ada: Api, ada: User, event: Event) -> None:
        rsvp = as_ada.post(path(event), {"status": "going", "guests": 1})
        shown = as_ada.get(f"/events/{event.pk}/")
        assert rsvp.pop("created_at") <= rsvp.pop("updated_at")
        assert rsvp == {
            "id": Rsvp.objects.get().pk,
            "event": {name: shown[name] for name in SHOWN_OF_EVENT},
            "user": {"id": ada.pk, "username": "ada", "display_name": "ada"},
            "status": "going",
            "guests": 1,
            "tickets": [],
            "waitlist_position": None,
            "checked_in_at": None,
            "refund": None,
        }

    def test_rsvp_can_be_read_again(self, as_ada: Api, event: Event) -> None:
        rsvp = as_ada.post(path(event), {"status": "going"})
        assert rsvp == as_ada.get(path(event)) | {"refund": None}

    def test_changed_and_repeated_rsvps_are_ok(self, as_ada: Api, event: Event) -> None:
        first = as_ada.post(path(event), {"status": "interested"})
        for body in ({"status": "going"}, {"status": "going"}, {"status": "interested"}):
            again = as_ada.post(path(event), body, expect=200)
            assert (again["id"], again["status"]) == (first["id"], body["status"])

    def test_full_event_returns_the_waitlist_place(self, as_ada: Api, event: Event) -> None:
        fill(event, 4)
        rsvp = as_ada.post(path(event), {"status": "going"})
        assert (rsvp["status"], rsvp["waitlist_position"]) == ("waitlisted", 3)
        assert as_ada.get(path(event))["waitlist_position"] == 3

    def test_full_event_without_waiting_has_a_next_step(self, as_ada: Api, event: Event) -> None:
        fill(event, 2)
        problem = as_ada.post(path(event), {"status": "going", "waitlist": False}, expect=409)
        assert refusal(problem) == ("event_full", "join_waitlist")
        as_ada.get(path(event), expect=404)

    def test_holder_requesting_too_much_is_refused(self, as_ada: Api, event: Event) -> None:
        as_ada.post(path(event), {"status": "going"})
        fill(event, 1)
        problem = as_ada.post(path(event), {"status": "going", "guests": 1}, expect=409)
        assert refusal(problem) == ("event_full",)

    def test_party_too_large_is_refused(self, as_ada: Api, event: Event) -> None:
        problem = as_ada.post(path(event), {"status": "going", "guests": 2}, expect=409)
        assert refusal(problem) == ("party_too_large", "bring_fewer_guests")

    @pytest.mark.parametrize("status", ["going", "interested"])
    def test_states_that_close_an_event(self, as_ada: Api, status: str) -> None:
        started, over, cancelled = (
            EventFactory.create(),
            EventFactory.create(),
            EventFactory.create(),
        )
        begin(started)
        end(over)
        cancel_event(event_id=cancelled.pk)
        for event, code in [
            (started, "event_started"),
            (over, "event_started"),
            (cancelled, "event_cancelled"),
        ]:
            assert refusal(as_ada.post(path(event), {"status": status}, expect=409)) == (code,)

    def test_hidden_event_is_404(self, as_olive: Api, olive: User, event: Event) -> None:
        draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
        delete_event(event_id=event.pk)
        for hidden in (draft, event):
            as_olive.post(path(hidden), {"status": "going"}, expect=404)
            as_olive.post(path(hidden, "cancel"), expect=404)
        as_olive.get(path(event), expect=404)
        as_olive.get(path(draft), expect=404)

    @pytest.mark.parametrize(
        ("body", "field", "code"),
        [
            ({}, "status", "required"),
            ({"status": "maybe"}, "status", "invalid_choice"),
            ({"status": "waitlisted"}, "status", "invalid_choice"),
            ({"status": None}, "status", "null"),
            ({"status": ["going"]}, "status", "invalid_choice"),
            ({"status": "going", "guests": -1}, "guests", "min_value"),
            ({"status": "going", "guests": 10}, "guests", "max_value"),
            ({"status": "going", "guests": 10**19}, "guests", "max_value"),
            ({"status": "going", "guests": "two"}, "guests", "invalid"),
            ({"status": "going", "guests": None}, "guests", "null"),
            ({"status": "going", "waitlist": "maybe"}, "waitlist", "invalid"),
        ],
    )
    def test_invalid_value_is_named(
        self, as_ada: Api, event: Event, body: Any, field: str, code: str
    ) -> None:
        assert refusal(as_ada.post(path(event), body, expect=400)) == ((field, code),)
        assert not Rsvp.objects.exists()

    @pytest.mark.parametrize("pk", ["999999", "9" * 18, "9" * 400])
    def test_unknown_event_is_404(self, as_ada: Api, pk: str) -> None:
        as_ada.post(f"/events/{pk}/rsvp/", {"status": "going"}, expect=404)
        as_ada.post(f"/events/{pk}/cancel/", expect=404)
        as_ada.get(f"/events/{pk}/rsvp/", expect=404)

    def test_anonymous_request_is_401(self, as_nobody: Api, event: Event) -> None:
        as_nobody.post(path(event), {"status": "going"}, expect=401)


@dataclass(frozen=True)
class WayOut:
    """A request that cancels an RSVP."""

    method: str
    verb: str
    body: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.verb}"

    def leave(self, api: Api, event: Event, *, expect: int) -> Any:
        return getattr(api, self.method)(path(event, self.verb), body=self.body, expect=expect)


WAYS_OUT = [
    WayOut("post", "cancel", {}),
    WayOut("post", "rsvp", {"status": "cancelled"}),
    WayOut("delete", "rsvp", {}),
]


class TestCancel:
    @pytest.mark.parametrize("way", ["cancel", "rsvp"])
    def test_cancelling_passes_the_seats_on(
        self, as_ada: Api, event: Event, ada: User, way: str
    ) -> None:
        as_ada.post(path(event), {"status": "going", "guests": 1})
        [waiting] = fill(event, 1)
        body = {} if way == "cancel" else {"status": "cancelled"}
        assert as_ada.post(path(event, way), body, expect=200)["status"] == "cancelled"
        assert as_ada.post(path(event, way), body, expect=200)["status"] == "cancelled"
        assert Rsvp.objects.get(user=waiting).status == "going"
        assert as_ada.get(path(event))["status"] == "cancelled"

    def test_delete_is_cancelling(self, as_ada: Api, ada: User, sam: User, event: Event) -> None:
        for person in (ada, *fill(event, 1), sam):
            join_event(event_id=event.pk, attendee=person)
        for _ in ("first", "again"):
            response = as_ada.delete(path(event), expect=200)
            assert response == as_ada.get(path(event)) | {"refund": None}
            assert (response["status"], response["waitlist_position"]) == ("cancelled", None)
        assert Rsvp.objects.get(user=sam).status == "going"

    @pytest.mark.parametrize("way", WAYS_OUT, ids=str)
    def test_cancelling_without_an_rsvp_is_404(
        self, as_ada: Api, event: Event, way: WayOut
    ) -> None:
        assert refusal(way.leave(as_ada, event, expect=404)) == ("not_found",)

    @pytest.mark.parametrize("way", WAYS_OUT, ids=str)
    def test_owner_without_rsvp_reads_how_to_cancel_the_event(
        self, as_olive: Api, event: Event, way: WayOut
    ) -> None:
        problem = way.leave(as_olive, event, expect=409)
        assert refusal(problem) == ("not_attending", "cancel_event")
        assert Event.objects.get(pk=event.pk).status == "published"

    def test_owner_with_an_rsvp_can_cancel_it(
        self, as_olive: Api, olive: User, event: Event
    ) -> None:
        join_event(event_id=event.pk, attendee=olive)
        assert as_olive.post(path(event, "cancel"), expect=200)["status"] == "cancelled"

    def test_owner_of_event_that_is_over_has_no_next_step(
        self, as_olive: Api, event: Event
    ) -> None:
        end(event)
        assert refusal(as_olive.post(path(event, "cancel"), expect=409)) == ("not_attending",)

    def test_cancelling_after_the_end_is_refused(
        self, as_ada: Api, ada: User, event: Event
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        end(event)
        assert refusal(as_ada.post(path(event, "cancel"), expect=409)) == ("event_ended",)


class TestAttendees:
    @pytest.fixture
    def crowd(self, event: Event, ada: User, sam: User) -> Event:
        join_event(event_id=event.pk, attendee=ada, guests=1)
        join_event(event_id=event.pk, attendee=sam)
        [left] = fill(event, 1)
        leave_event(event_id=event.pk, attendee=left)
        return event

    def test_everyone_sees_who_is_going(self, as_sam: Api, ada: User, crowd: Event) -> None:
        [attendee] = as_sam.get(path(crowd, "attendees"))["results"]
        assert attendee.pop("created_at")
        assert attendee == {
            "user": {"id": ada.pk, "username": "ada", "display_name": "ada"},
            "status": "going",
            "guests": 1,
        }

    def test_everyone_sees_who_is_interested(self, as_sam: Api, event: Event, ada: User) -> None:
        mark_interested(event_id=event.pk, attendee=ada)
        page = as_sam.get(path(event, "attendees"), status="interested")
        assert [a["user"]["username"] for a in page["results"]] == ["ada"]

    @pytest.mark.parametrize("status", ["waitlisted", "cancelled"])
    def test_only_the_owner_sees_waiting_and_cancelled_people(
        self, as_ada: Api, as_olive: Api, as_alma: Api, crowd: Event, status: str
    ) -> None:
        problem = as_ada.get(path(crowd, "attendees"), expect=403, status=status)
        assert refusal(problem) == ("owner_required",)
        for api in (as_olive, as_alma):
            assert api.get(path(crowd, "attendees"), status=status)["count"] == 1

    def test_owner_sees_addresses_and_places(self, as_olive: Api, crowd: Event) -> None:
        [waiting] = as_olive.get(path(crowd, "attendees"), status="waitlisted")["results"]
        assert (waiting["email"], waiting["waitlist_position"]) == ("sam@example.com", 1)

    def test_unknown_status_is_400(self, as_ada: Api, event: Event) -> None:
        problem = as_ada.get(path(event, "attendees"), expect=400, status="maybe")
        assert refusal(problem) == (("status", "invalid_choice"),)

    def test_hidden_event_has_no_attendee_list(self, as_ada: Api) -> None:
        draft = EventFactory.create(status=Event.Status.DRAFT)
        as_ada.get(path(draft, "attendees"), expect=404)


class TestMyRsvps:
    def test_only_mine_latest_event_first(self, as_ada: Api, ada: User, sam: User) -> None:
        over, coming = EventFactory.create(title="over"), EventFactory.create(title="coming")
        for event in (over, coming):
            join_event(event_id=event.pk, attendee=ada)
            join_event(event_id=event.pk, attendee=sam)
        end(over)

        def mine(**query: Any) -> list[str]:
            return [r["event"]["title"] for r in as_ada.get("/rsvps/", **query)["results"]]

        assert mine() == ["coming", "over"]
        assert mine(when="upcoming") == ["coming"]
        assert mine(when="past") == ["over"]

    def test_rsvps_of_deleted_events_show_as_cancelled(
        self, as_ada: Api, ada: User, event: Event
    ) -> None:
        fill(event, 2)
        join_event(event_id=event.pk, attendee=ada)
        delete_event(event_id=event.pk)
        [rsvp] = as_ada.get("/rsvps/")["results"]
        assert rsvp["waitlist_position"] is None
        assert (rsvp["status"], rsvp["event"]["status"]) == ("cancelled", "cancelled")
        assert as_ada.get("/rsvps/", status="waitlisted")["count"] == 0
        assert as_ada.get("/rsvps/", status="cancelled")["count"] == 1

    def test_waitlist_places_are_shown(self, as_ada: Api, ada: User, event: Event) -> None:
        fill(event, 3)
        join_event(event_id=event.pk, attendee=ada)
        [rsvp] = as_ada.get("/rsvps/", status="waitlisted")["results"]
        assert rsvp["waitlist_position"] == 2

    @pytest.mark.parametrize("query", [{"when": "now"}, {"status": "maybe"}])
    def test_invalid_parameter_is_named(self, as_ada: Api, query: dict[str, Any]) -> None:
        [name] = query
        assert refusal(as_ada.get("/rsvps/", expect=400, **query)) == ((name, "invalid_choice"),)


class TestSeries:
    def test_result_of_each_date_is_an_rsvp(self, as_ada: Api, olive: User) -> None:
        series, (first, second) = series_with(olive, 2, 1)
        fill(second, 2)
        response = as_ada.post(f"/series/{series.pk}/rsvp/", {"status": "going"})
        assert response == {"results": [as_ada.get(path(event)) for event in (first, second)]}
        assert [rsvp["waitlist_position"] for rsvp in response["results"]] == [None, 2]

    def test_refused_date_has_a_code_and_a_next_step(self, as_ada: Api, olive: User) -> None:
        series, (first, second) = series_with(olive, 2, 1)
        fill(second, 1)
        body = {"status": "going", "waitlist": False}
        [going, refused] = as_ada.post(f"/series/{series.pk}/rsvp/", body)["results"]
        assert (going["event"]["id"], going["status"]) == (first.pk, "going")
        shown = as_ada.get(f"/events/{second.pk}/")
        assert refused == {
            "event": as_ada.get(path(first))["event"]
            | {name: shown[name] for name in ("id", "start_time", "end_time")},
            "status": "refused",
            "code": "event_full",
            "detail": "Not enough seats are available for your party. Join the waitlist or bring "
            "fewer guests.",
            "next_step": "join_waitlist",
        }

    def test_only_a_new_rsvp_is_created(self, as_ada: Api, olive: User) -> None:
        series, _ = series_with(olive, 2, 2)
        as_ada.post(f"/series/{series.pk}/rsvp/", {"status": "going"}, expect=201)
        for status in ("going", "interested", "cancelled", "cancelled", "going"):
            body = {"status": status}
            results = as_ada.post(f"/series/{series.pk}/rsvp/", body, expect=200)["results"]
            assert [rsvp["status"] for rsvp in results] == [status, status]

    def test_owner_without_rsvp_reads_how_to_cancel_the_series(
        self, as_olive: Api, olive: User
    ) -> None:
        series, _ = series_with(olive, 2)
        problem = as_olive.post(f"/series/{series.pk}/cancel/", expect=409)
        assert refusal(problem) == ("not_attending", "cancel_series")

    def test_refusals_alone_create_nothing(self, as_ada: Api, olive: User) -> None:
        series, _ = series_with(olive, 1)
        body = {"status": "going", "guests": 1}
        [refused] = as_ada.post(f"/series/{series.pk}/rsvp/", body, expect=200)["results"]
        assert refused["code"] == "party_too_large"

    def test_cancel_leaves_every_date(self, as_ada: Api, olive: User) -> None:
        series, dates = series_with(olive, 2, 2)
        as_ada.post(f"/series/{series.pk}/rsvp/", {"status": "going", "guests": 1})
        response = as_ada.post(f"/series/{series.pk}/cancel/", expect=200)
        assert response == {"results": [as_ada.get(path(event)) for event in dates]}
        assert [rsvp["status"] for rsvp in response["results"]] == ["cancelled", "cancelled"]

    @pytest.mark.parametrize("verb", ["rsvp", "cancel"])
    def test_series_that_takes_no_rsvps(self, as_ada: Api, olive: User, verb: str) -> None:
        over, [event] = series_with(olive, 2)
        begin(event)
        off, _ = series_with(olive, 2)
        Series.objects.filter(pk=off.pk).update(status="cancelled")
        draft, _ = series_with(olive, 2, status="draft")
        body = {"status": "going"} if verb == "rsvp" else {}
        for series, expect, code in (
            (over, 409, "series_over"),
            (off, 409, "series_cancelled"),
            (draft, 404, "not_found"),
        ):
            problem = as_ada.post(f"/series/{series.pk}/{verb}/", body, expect=expect)
            assert refusal(problem) == (code,)

    @pytest.mark.parametrize("verb", ["rsvp", "cancel"])
    def test_anonymous_request_to_a_series_is_401(
        self, as_nobody: Api, olive: User, verb: str
    ) -> None:
        series, _ = series_with(olive, 2)
        as_nobody.post(f"/series/{series.pk}/{verb}/", {"status": "going"}, expect=401)

    def test_invalid_body_names_its_fields(self, as_ada: Api, olive: User) -> None:
        series, _ = series_with(olive, 2)
        body = {"status": "maybe", "guests": 10}
        problem = as_ada.post(f"/series/{series.pk}/rsvp/", body, expect=400)
        assert refusal(problem) == (("status", "invalid_choice"), ("guests", "max_value"))
