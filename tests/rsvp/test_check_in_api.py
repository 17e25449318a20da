"""Tickets and check-in over HTTP."""

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from events.models import Event
from events.services.events import cancel_event, delete_event
from rsvp.models import CheckIn, Rsvp
from rsvp.services import leave_event, mark_interested
from tests.client import Api, refusal
from tests.factories import EventFactory, end, fill
from tests.rsvp.check_in_helpers import (
    arrived,
    going,
    let_in,
    move_start,
    name_helper,
    open_event,
    ticket,
)


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


@pytest.fixture
def draft(olive: User) -> Event:
    return open_event(created_by=olive, status=Event.Status.DRAFT)


def door(event: Event, more: str = "") -> str:
    return f"/events/{event.pk}/check-in/{more}"


class TestTicket:
    def test_person_with_a_seat_has_a_ticket(self, as_ada: Api, ada: User, event: Event) -> None:
        code = ticket(event, ada, guests=1)
        shown = as_ada.get(f"/events/{event.pk}/ticket/")
        qr = shown.pop("qr")
        assert shown == {"code": code, "people": 2, "tickets": [], "arrived": 0}
        assert ET.fromstring(qr).tag.endswith("svg")  # noqa: S314  (our own)

    def test_returns_the_arrivals(self, as_ada: Api, ada: User, olive: User, event: Event) -> None:
        going(event, ada, guests=2)
        let_in(event, ada, olive, people=1)
        assert as_ada.get(f"/events/{event.pk}/ticket/")["arrived"] == 1

    def test_interested_person_has_no_ticket(self, as_ada: Api, ada: User, event: Event) -> None:
        mark_interested(event_id=event.pk, attendee=ada)
        problem = as_ada.get(f"/events/{event.pk}/ticket/", expect=409)
        assert refusal(problem) == ("not_going", "join_event")

    def test_waiting_person_has_no_ticket(self, as_ada: Api, ada: User, event: Event) -> None:
        fill(event, 10)
        going(event, ada)
        problem = as_ada.get(f"/events/{event.pk}/ticket/", expect=409)
        assert refusal(problem) == ("not_going", "join_event")

    def test_person_who_left_has_no_ticket(self, as_ada: Api, ada: User, event: Event) -> None:
        going(event, ada)
        leave_event(event_id=event.pk, attendee=ada)
        as_ada.get(f"/events/{event.pk}/ticket/", expect=409)

    def test_stranger_and_owner_have_no_ticket(
        self, as_sam: Api, as_olive: Api, event: Event
    ) -> None:
        for api in (as_sam, as_olive):
            api.get(f"/events/{event.pk}/ticket/", expect=404)

    def test_cancelled_event_has_no_tickets(self, as_ada: Api, ada: User, event: Event) -> None:
        going(event, ada)
        cancel_event(event_id=event.pk)
        problem = as_ada.get(f"/events/{event.pk}/ticket/", expect=409)
        assert refusal(problem) == ("event_cancelled",)

    def test_deleted_event_has_no_tickets(self, as_ada: Api, ada: User, event: Event) -> None:
        going(event, ada)
        delete_event(event_id=event.pk)
        as_ada.get(f"/events/{event.pk}/ticket/", expect=404)


class TestCheckIn:
    def test_returns_the_attendee(self, as_olive: Api, ada: User, event: Event) -> None:
        code = ticket(event, ada, guests=1)
        shown = as_olive.post(door(event), {"code": code}, expect=200)
        times = [shown.pop("created_at"), shown.pop("checked_in_at")]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.\d{6}Z", at) for at in times)
        assert shown == {
            "user": {"id": ada.pk, "username": "ada", "display_name": "ada"},
            "status": "going",
            "guests": 1,
            "email": "ada@example.com",
            "waitlist_position": None,
            "arrived": 2,
            "is_confirmed": True,
            "tickets": [],
        }

    def test_attendee_sees_it(self, as_olive: Api, as_ada: Api, ada: User, event: Event) -> None:
        going(event, ada)
        shown = as_olive.post(door(event), {"user_id": ada.pk}, expect=200)
        mine = as_ada.get(f"/events/{event.pk}/rsvp/")
        assert mine["checked_in_at"] == shown["checked_in_at"]

    @pytest.mark.parametrize("name", ["ada", "ADA"])
    def test_by_name(self, as_olive: Api, ada: User, event: Event, name: str) -> None:
        going(event, ada)
        shown = as_olive.post(door(event), {"username": name}, expect=200)
        assert shown["user"]["id"] == ada.pk

    def test_second_scan_returns_the_time_of_the_first(
        self, as_olive: Api, ada: User, event: Event
    ) -> None:
        code = ticket(event, ada)
        first = as_olive.post(door(event), {"code": code}, expect=200)
        problem = as_olive.post(door(event), {"code": code}, expect=409)
        assert (problem["code"], problem["checked_in_at"]) == (
            "already_checked_in", first["checked_in_at"],
        )  # fmt: skip

    def test_another_events_code_is_unknown(
        self, as_olive: Api, olive: User, ada: User, event: Event
    ) -> None:
        foreign = ticket(open_event(created_by=olive), ada)
        assert refusal(as_olive.post(door(event), {"code": foreign}, expect=404)) == ("not_found",)

    def test_void_ticket_has_a_next_step(self, as_olive: Api, ada: User, event: Event) -> None:
        code = ticket(event, ada)
        leave_event(event_id=event.pk, attendee=ada)
        problem = as_olive.post(door(event), {"code": code}, expect=409)
        assert refusal(problem) == ("ticket_void", "show_current_ticket")

    def test_before_the_window(self, as_olive: Api, ada: User, event: Event) -> None:
        going(event, ada)
        move_start(event, hours=3)
        problem = as_olive.post(door(event), {"user_id": ada.pk}, expect=409)
        assert refusal(problem) == ("check_in_not_open", "wait_for_check_in")
        opens_at = Event.objects.get().start_time - timedelta(hours=2)
        assert problem["opens_at"] == opens_at.isoformat().replace("+00:00", "Z")

    def test_after_the_window(self, as_sam: Api, ada: User, sam: User, event: Event) -> None:
        going(event, ada)
        name_helper(event, sam)
        end(event)
        problem = as_sam.post(door(event), {"user_id": ada.pk}, expect=409)
        assert (problem["code"], "closed_at" in problem) == ("check_in_closed", True)

    def test_more_than_the_party(self, as_olive: Api, ada: User, event: Event) -> None:
        going(event, ada)
        problem = as_olive.post(door(event), {"user_id": ada.pk, "people": 2}, expect=409)
        assert (problem["code"], problem["people"]) == ("too_many_people", 1)

    @pytest.mark.parametrize(
        ("body", "faults"),
        [
            ({}, (("code", "exactly_one"),)),
            ({"code": "x", "user_id": 1}, (("code", "exactly_one"),)),
            ({"user_id": 0}, (("user_id", "min_value"),)),
            ({"user_id": 2**63}, (("user_id", "max_value"),)),
            ({"user_id": True}, (("user_id", "invalid"),)),
            ({"user_id": "1_0"}, (("user_id", "invalid"),)),
            ({"code": 7.5, "people": 0}, (("code", "invalid"), ("people", "min_value"))),
            ({"code": "x", "people": 11}, (("people", "max_value"),)),
            ({"code": "x", "people": 1.5}, (("people", "invalid"),)),
            ({"code": ["x"]}, (("code", "invalid"),)),
            ({"code": None}, (("code", "null"),)),
            ({"code": ""}, (("code", "blank"),)),
            ({"code": "a\x00b"}, (("code", "null_characters_not_allowed"),)),
            ({"code": "x" * 151}, (("code", "max_length"),)),
            ({"code": "x", "walk_in": True, "at": "soon"}, (("at", "invalid"),)),
            ({"user_id": 1, "walk_in": "perhaps"}, (("walk_in", "invalid"),)),
        ],
    )
    def test_invalid_body_is_refused(
        self, as_olive: Api, event: Event, body: Any, faults: Any
    ) -> None:
        assert refusal(as_olive.post(door(event), body, expect=400)) == faults

    def test_list_instead_of_an_object_is_refused(self, as_olive: Api, event: Event) -> None:
        as_olive.post(door(event), [], expect=400)

    @pytest.mark.parametrize("body", [{"user_id": 10**9}, {"username": "nobody"}])
    def test_unknown_person_is_not_found(self, as_olive: Api, event: Event, body: Any) -> None:
        for walk_in in (True, False):
            as_olive.post(door(event), body | {"walk_in": walk_in}, expect=404)

    def test_undo(self, as_olive: Api, ada: User, event: Event) -> None:
        code = ticket(event, ada)
        as_olive.post(door(event), {"code": code}, expect=200)
        shown = as_olive.delete(door(event), expect=200, body={"code": code})
        assert (shown["arrived"], shown["checked_in_at"]) == (0, None)
        problem = as_olive.delete(door(event), expect=409, body={"code": code})
        assert refusal(problem) == ("not_checked_in",)

    def test_undo_without_a_body_is_refused(self, as_olive: Api, event: Event) -> None:
        problem = as_olive.delete(door(event), expect=400, body={})
        assert refusal(problem) == (("code", "exactly_one"),)

    def test_walk_in(self, as_olive: Api, sam: User, event: Event) -> None:
        body = {"user_id": sam.pk, "walk_in": True, "people": 2}
        shown = as_olive.post(door(event), body, expect=200)
        assert (shown["status"], shown["guests"], shown["arrived"]) == ("going", 1, 2)

    def test_walk_in_by_code_brings_guests(
        self, as_olive: Api, as_ada: Api, ada: User, event: Event
    ) -> None:
        body = {"code": ticket(event, ada), "walk_in": True, "people": 3}
        shown = as_olive.post(door(event), body, expect=200)
        assert (shown["guests"], shown["arrived"], shown["is_confirmed"]) == (2, 3, True)
        assert as_ada.get(f"/events/{event.pk}/rsvp/")["guests"] == 2

    def test_walk_in_by_a_void_code_is_refused(
        self, as_olive: Api, ada: User, event: Event
    ) -> None:
        """The organizer may have kept the code: it is no longer a consent."""
        code = ticket(event, ada)
        leave_event(event_id=event.pk, attendee=ada)
        problem = as_olive.post(door(event), {"code": code, "walk_in": True}, expect=409)
        assert refusal(problem) == ("ticket_void", "show_current_ticket")

    @pytest.mark.parametrize("way", ["user_id", "code"])
    def test_repeated_walk_in_admits_nobody_twice(
        self, as_olive: Api, sam: User, event: Event, way: str
    ) -> None:
        """After a lost response, each repetition admitted three more people."""
        party = {"code": ticket(event, sam)} if way == "code" else {"user_id": sam.pk}
        at = timezone.now().isoformat()
        body = party | {"walk_in": True, "people": 3, "at": at}
        first = as_olive.post(door(event), body, expect=200)
        again = as_olive.post(door(event), body, expect=200)
        assert again == first
        assert (first["arrived"], arrived(event)) == (3, 3)
        later = (timezone.now() + timedelta(seconds=1)).isoformat()
        assert as_olive.post(door(event), body | {"at": later}, expect=200)["arrived"] == 6

    def test_repeated_check_in_of_one_guest_counts_once(
        self, as_olive: Api, ada: User, event: Event
    ) -> None:
        body = {"code": ticket(event, ada, guests=2), "people": 1, "at": timezone.now().isoformat()}
        as_olive.post(door(event), body, expect=200)
        problem = as_olive.post(door(event), body, expect=409)
        assert (refusal(problem), arrived(event)) == (("already_checked_in",), 1)

    def test_walk_in_is_judged_by_its_own_time(
        self, as_olive: Api, sam: User, event: Event
    ) -> None:
        too_early = (event.start_time - timedelta(hours=3)).isoformat()
        body = {"user_id": sam.pk, "walk_in": True, "at": too_early}
        problem = as_olive.post(door(event), body, expect=409)
        assert refusal(problem) == ("check_in_not_open", "wait_for_check_in")

    def test_walk_in_of_somebody_deactivated_is_not_found(
        self, as_olive: Api, sam: User, event: Event
    ) -> None:
        """It was 401 `token_not_valid`, as if the organizer's own session had ended."""
        code = ticket(event, sam)
        as_olive.post(door(event), {"code": code}, expect=200)
        deactivate(user=sam)
        body = {"code": code, "walk_in": True, "people": 1}
        as_olive.post(door(event), body, expect=404)

    def test_walk_in_to_a_full_event(self, as_olive: Api, sam: User, event: Event) -> None:
        fill(event, 10)
        body = {"username": "sam", "walk_in": True}
        assert refusal(as_olive.post(door(event), body, expect=409)) == ("event_full",)


class TestBatch:
    def test_each_scan_has_its_own_result(
        self, as_olive: Api, ada: User, sam: User, event: Event
    ) -> None:
        now = timezone.now().isoformat()
        code, void = ticket(event, ada), ticket(event, sam)
        leave_event(event_id=event.pk, attendee=sam)
        scans = [
            {"code": code, "at": now},
            {"code": code, "at": now},
            {"code": void, "at": now},
            {"code": "forged", "at": now},
            {"code": code},
            "scan",
            {"user_id": ada.pk, "at": "soon"},
            {"code": code, "at": "2201-01-01T00:00:00Z"},
        ]
        results = as_olive.post(door(event, "batch/"), scans, expect=200)["results"]
        outcomes = [
            (result.get("code"), result["status"], result.get("reason")) for result in results
        ]
        assert outcomes == [
            (code, "checked_in", None),
            (code, "already_checked_in", "already_checked_in"),
            (void, "refused", "ticket_void"),
            ("forged", "refused", "not_found"),
            (code, "refused", "validation_error"),
            (None, "refused", "validation_error"),
            (None, "refused", "validation_error"),
            (code, "refused", "validation_error"),
        ]
        assert results[4]["errors"] == [
            {"field": "at", "code": "required", "detail": "This field is required."}
        ]
        assert (results[6]["user_id"], results[0]["attendee"]["arrived"]) == (ada.pk, 1)

    def test_time_without_a_zone_is_the_events(self, as_olive: Api, olive: User, ada: User) -> None:
        event = open_event(created_by=olive, timezone="Asia/Kathmandu")
        at = timezone.now() + timedelta(hours=5, minutes=45) - timedelta(minutes=10)
        scan = {"code": ticket(event, ada), "at": at.replace(tzinfo=None).isoformat()}
        as_olive.post(door(event, "batch/"), [scan], expect=200)
        assert CheckIn.objects.get().at == at - timedelta(hours=5, minutes=45)

    @pytest.mark.parametrize("body", [{}, {"code": "x"}, "x", 7, None])
    def test_body_without_a_list_is_refused(self, as_olive: Api, event: Event, body: Any) -> None:
        response = as_olive.client.post(f"/api{door(event, 'batch/')}", body, format="json")
        assert response.status_code == 400

    def test_more_than_500_are_refused(self, as_olive: Api, event: Event) -> None:
        as_olive.post(door(event, "batch/"), [{}] * 501, expect=400)

    def test_empty_list_is_accepted(self, as_olive: Api, event: Event) -> None:
        assert as_olive.post(door(event, "batch/"), [], expect=200) == {"results": []}

    def test_name_is_not_looked_up(self, as_olive: Api, ada: User, event: Event) -> None:
        """One query per name would make long lists slow."""
        going(event, ada)
        scan = {"username": "ada", "at": timezone.now().isoformat()}
        [result] = as_olive.post(door(event, "batch/"), [scan], expect=200)["results"]
        [error] = result["errors"]
        assert (error["field"], error["code"]) == ("username", "unknown_field")


class TestPermissions:
    """Olive owns it, Hugo helps, Ada attends, Sam is a stranger, Alma is the admin."""

    @pytest.fixture
    def as_hugo(self, event: Event) -> Api:
        hugo = fill(event, 1)[0]
        leave_event(event_id=event.pk, attendee=hugo)
        name_helper(event, hugo)
        return Api(hugo)

    def calls(self, event: Event, person: User) -> list[tuple[str, str, Any]]:
        body = {"user_id": person.pk}
        return [
            ("post", door(event), body),
            ("delete", door(event), body),
            ("post", door(event, "batch/"), []),
            ("get", f"/events/{event.pk}/attendance/", None),
        ]

    def statuses(self, api: Api, event: Event, person: User) -> list[int]:
        return [
            getattr(api.client, method)(f"/api{path}", body, format="json").status_code
            if body is not None
            else getattr(api.client, method)(f"/api{path}").status_code
            for method, path, body in self.calls(event, person)
        ]

    def test_owner_helper_and_admin(
        self, as_olive: Api, as_hugo: Api, as_alma: Api, ada: User, event: Event
    ) -> None:
        going(event, ada)
        for api in (as_olive, as_hugo, as_alma):
            assert self.statuses(api, event, ada) == [200, 200, 200, 200]

    def test_attendee_and_stranger(self, as_ada: Api, as_sam: Api, ada: User, event: Event) -> None:
        going(event, ada)
        for api in (as_ada, as_sam):
            assert self.statuses(api, event, ada) == [403, 403, 403, 403]
        assert arrived(event) == 0

    def test_staff_without_permissions(self, ada: User, sam: User, event: Event) -> None:
        """Organizers may be staff, to see their own dashboards in the admin."""
        User.objects.filter(pk=sam.pk).update(is_staff=True, is_organizer=True)
        assert self.statuses(Api(sam), event, ada) == [403, 403, 403, 403]

    @pytest.mark.parametrize(
        ("codename", "expected"),
        [
            ("view_event", [403, 403, 403, 403]),
            ("view_rsvp", [403, 403, 403, 200]),
            ("change_rsvp", [200, 200, 200, 200]),
        ],
    )
    def test_staff_by_permission(
        self, ada: User, sam: User, event: Event, codename: str, expected: list[int]
    ) -> None:
        """Formerly, the permission to view events allowed check-in at every event."""
        User.objects.filter(pk=sam.pk).update(is_staff=True)
        sam.user_permissions.add(Permission.objects.get(codename=codename))
        going(event, ada)
        assert self.statuses(Api(sam), event, ada) == expected

    def test_other_organizer(self, ada: User, event: Event) -> None:
        other = EventFactory.create().created_by
        assert self.statuses(Api(other), event, ada) == [403, 403, 403, 403]

    def test_nobody(self, ada: User, event: Event) -> None:
        assert self.statuses(Api(), event, ada) == [401, 401, 401, 401]
        Api().get(f"/events/{event.pk}/ticket/", expect=401)

    def test_helper_of_another_event(self, as_hugo: Api, olive: User, ada: User) -> None:
        other = open_event(created_by=olive)
        assert self.statuses(as_hugo, other, ada) == [403, 403, 403, 403]

    def test_draft_is_visible_to_its_owner_only(
        self, as_olive: Api, as_sam: Api, draft: Event, ada: User
    ) -> None:
        assert self.statuses(as_sam, draft, ada) == [404, 404, 404, 404]
        as_olive.get(f"/events/{draft.pk}/attendance/")
        as_olive.post(door(draft), {"user_id": ada.pk}, expect=404)

    def test_helper_may_only_check_in(self, as_hugo: Api, event: Event) -> None:
        as_hugo.patch(f"/events/{event.pk}/", {"title": "Mine"}, expect=403)
        as_hugo.delete(f"/events/{event.pk}/", expect=403)


class TestAttendance:
    def test_counts(self, as_olive: Api, olive: User, ada: User, event: Event) -> None:
        going(event, ada, guests=1)
        let_in(event, ada, olive, people=1)
        shown = as_olive.get(f"/events/{event.pk}/attendance/")
        starts, ends = (shown.pop(name) for name in ("opens_at", "closes_at"))
        assert starts < ends
        assert shown == {
            "answered": 2,
            "going": 2,
            "held": 0,
            "interested": 0,
            "waiting": 0,
            "max_attendees": 10,
            "spots_left": 8,
            "arrived": 1,
            "missing": 1,
            "is_used": True,
            "no_shows": None,
            "check_in_closed_at": None,
        }
        assert Rsvp.objects.get().arrived == 1
