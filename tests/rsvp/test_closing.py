"""Closing check-in, correcting attendance after the end, and when attendance counts as used."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event
from rsvp.check_in import admit_walk_in, close_check_in
from rsvp.models import Rsvp
from rsvp.selectors import attendance_of
from tests.client import Api, refusal
from tests.factories import end, fill, people
from tests.invariants import check_invariants
from tests.rsvp.check_in_helpers import (
    arrived,
    going,
    let_in,
    move_start,
    name_helper,
    open_event,
    row,
    ticket,
)

pytestmark = pytest.mark.both


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=10)


@pytest.fixture
def as_hugo(event: Event) -> Api:
    """Return the client of Hugo, who helps at the event."""
    [hugo] = people(1)
    name_helper(event, hugo)
    return Api(hugo)


def door(event: Event, more: str = "") -> str:
    return f"/events/{event.pk}/check-in/{more}"


def ended(event: Event, ago: timedelta) -> None:
    at = timezone.now() - ago
    Event.objects.filter(pk=event.pk).update(start_time=at - timedelta(hours=2), end_time=at)
    event.refresh_from_db()


class TestClose:
    def test_missing_people_are_no_shows(self, as_olive: Api, event: Event, olive: User) -> None:
        crowd = fill(event, 5)
        let_in(event, crowd[0], olive)
        shown = as_olive.post(door(event, "close/"), expect=200)
        assert (shown["arrived"], shown["is_used"], shown["no_shows"]) == (1, True, 4)
        assert shown["check_in_closed_at"] is not None
        assert as_olive.get(f"/events/{event.pk}/attendance/") == shown

    def test_twice_keeps_the_first_time(self, as_olive: Api, event: Event) -> None:
        first = as_olive.post(door(event, "close/"), expect=200)
        assert as_olive.post(door(event, "close/"), expect=200) == first

    def test_after_the_end_it_works_too(self, as_olive: Api, event: Event) -> None:
        fill(event, 3)
        end(event)
        assert as_olive.get(f"/events/{event.pk}/attendance/")["no_shows"] is None
        assert as_olive.post(door(event, "close/"), expect=200)["no_shows"] == 3

    def test_before_check_in_opens_it_is_refused(self, as_olive: Api, event: Event) -> None:
        move_start(event, days=1)
        problem = as_olive.post(door(event, "close/"), expect=409)
        assert refusal(problem) == ("check_in_not_open", "wait_for_check_in")

    def test_cancelled_event_is_refused(self, as_olive: Api, event: Event) -> None:
        cancel_event(event_id=event.pk)
        for method in ("post", "delete"):
            response = getattr(as_olive.client, method)(f"/api{door(event, 'close/')}")
            assert (response.status_code, response.json()["code"]) == (409, "event_cancelled")

    def test_reopened_check_in_is_as_before(self, as_olive: Api, event: Event) -> None:
        fill(event, 1)
        before = as_olive.get(f"/events/{event.pk}/attendance/")
        as_olive.post(door(event, "close/"), expect=200)
        for _ in range(2):
            assert as_olive.delete(door(event, "close/"), expect=200) == before

    def test_helpers_can_no_longer_check_in(
        self, as_olive: Api, as_hugo: Api, event: Event, ada: User
    ) -> None:
        going(event, ada)
        shown = as_olive.post(door(event, "close/"), expect=200)
        problem = as_hugo.post(door(event), {"user_id": ada.pk}, expect=409)
        assert problem["code"] == "check_in_closed"
        assert problem["closed_at"] == shown["check_in_closed_at"]

    def test_owner_still_corrects(self, as_olive: Api, event: Event, ada: User) -> None:
        going(event, ada)
        as_olive.post(door(event, "close/"), expect=200)
        as_olive.post(door(event), {"user_id": ada.pk}, expect=200)
        assert attendance_of(event)["no_shows"] == 0

    def test_only_owner_and_admins_may(
        self, as_alma: Api, as_hugo: Api, as_ada: Api, event: Event
    ) -> None:
        for api in (as_hugo, as_ada):
            for method in ("post", "delete"):
                response = getattr(api.client, method)(f"/api{door(event, 'close/')}")
                assert (response.status_code, response.json()["code"]) == (403, "owner_required")
        as_alma.post(door(event, "close/"), expect=200)


class TestUsed:
    @pytest.mark.parametrize(
        ("came", "is_used"),
        [(0, False), (1, False), (2, True), (4, True)],
        ids=["nobody", "one-of-four", "half", "all"],
    )
    def test_with_half_of_the_seats_scanned(
        self, event: Event, olive: User, came: int, is_used: bool
    ) -> None:
        crowd = fill(event, 4)
        for person in crowd[:came]:
            let_in(event, person, olive)
        end(event)
        event.refresh_from_db()
        counts = attendance_of(event)
        assert (counts["is_used"], counts["no_shows"]) == (is_used, 4 - came if is_used else None)

    def test_unconfirmed_walk_ins_are_no_scanned_seats(
        self, event: Event, olive: User, sam: User
    ) -> None:
        """Otherwise an organizer could record some, and close reviews to everybody else."""
        fill(event, 3)
        admit_walk_in(event_id=event.pk, attendee=sam, people=3, by=olive)
        assert not attendance_of(event)["is_used"]

    def test_empty_event_was_not_used(self, event: Event) -> None:
        assert not attendance_of(event)["is_used"]

    def test_cancelled_event_has_no_no_shows(self, event: Event, olive: User) -> None:
        crowd = fill(event, 2)
        let_in(event, crowd[0], olive)
        end(event)
        Event.objects.filter(pk=event.pk).update(status=Event.Status.CANCELLED)
        event.refresh_from_db()
        assert attendance_of(event)["no_shows"] is None


class TestAfterTheEnd:
    """Owners and admins correct attendance; helpers do not."""

    @pytest.mark.parametrize("who", ["olive", "alma"])
    @pytest.mark.parametrize("ago", [timedelta(hours=1), timedelta(days=90)], ids=["hour", "90d"])
    def test_owner_and_admin_check_in_and_undo(
        self, who: str, ago: timedelta, event: Event, olive: User, alma: User, ada: User
    ) -> None:
        api = Api(olive if who == "olive" else alma)
        going(event, ada, guests=1)
        ended(event, ago)
        body = {"user_id": ada.pk}
        assert api.post(door(event), body, expect=200)["arrived"] == 2
        assert api.delete(door(event), expect=200, body=body)["arrived"] == 0
        check_invariants()

    def test_owner_records_and_undoes_a_walk_in(
        self, as_olive: Api, event: Event, sam: User
    ) -> None:
        ended(event, timedelta(hours=1))
        body = {"user_id": sam.pk}
        as_olive.post(door(event), body | {"walk_in": True}, expect=200)
        as_olive.delete(door(event), expect=200, body=body)
        assert row(sam) == ("cancelled", 0, 0, False)

    def test_walk_in_by_ticket_is_recorded(self, as_olive: Api, event: Event, ada: User) -> None:
        code = ticket(event, ada)
        ended(event, timedelta(hours=1))
        body = {"code": code, "walk_in": True, "people": 3}
        assert as_olive.post(door(event), body, expect=200)["arrived"] == 3

    def test_helper_may_not(self, as_hugo: Api, event: Event, olive: User, ada: User) -> None:
        going(event, ada, guests=1)
        let_in(event, ada, olive, people=1)
        ended(event, timedelta(hours=1))
        body = {"user_id": ada.pk}
        for method in ("post", "delete"):
            response = getattr(as_hugo.client, method)(f"/api{door(event)}", body, format="json")
            assert (response.status_code, response.json()["code"]) == (409, "check_in_closed")
        assert arrived(event) == 1

    def test_list_is_judged_by_its_times_for_every_sender(
        self, as_olive: Api, event: Event, ada: User
    ) -> None:
        code = ticket(event, ada)
        ended(event, timedelta(hours=1))
        late = [{"code": code, "at": timezone.now().isoformat()}]
        [result] = as_olive.post(door(event, "batch/"), late, expect=200)["results"]
        assert result["reason"] == "check_in_closed"

    def test_before_check_in_opens_the_owner_waits_too(
        self, as_olive: Api, event: Event, ada: User
    ) -> None:
        going(event, ada)
        move_start(event, days=1)
        problem = as_olive.post(door(event), {"user_id": ada.pk}, expect=409)
        assert problem["code"] == "check_in_not_open"


class TestHelpers:
    def statuses(self, api: Api, event: Event, code: str) -> list[int]:
        scans = [{"code": code, "at": (event.end_time - timedelta(minutes=5)).isoformat()}]
        client, path = api.client, f"/api/events/{event.pk}"
        return [
            client.post(f"{path}/check-in/batch/", scans, format="json").status_code,
            client.get(f"{path}/attendance/").status_code,
            client.get(f"{path}/attendees/?status=all").status_code,
            client.get(f"{path}/attendees/?checked_in=true").status_code,
            client.get(f"{path}/attendees/?search=ada").status_code,
        ]

    def test_helpers_send_lists_until_48_hours_after_the_end(
        self, as_hugo: Api, event: Event, ada: User
    ) -> None:
        code = ticket(event, ada)
        ended(event, timedelta(hours=48) - timedelta(minutes=1))
        assert self.statuses(as_hugo, event, code) == [200] * 5
        assert arrived(event) == 1

    def test_helpers_have_no_access_after_that(self, as_hugo: Api, event: Event, ada: User) -> None:
        code = ticket(event, ada)
        ended(event, timedelta(hours=48))
        assert self.statuses(as_hugo, event, code) == [403] * 5
        body = {"user_id": ada.pk}
        as_hugo.post(door(event), body, expect=403)
        as_hugo.post(door(event), body | {"walk_in": True}, expect=403)
        as_hugo.delete(door(event), expect=403, body=body)
        assert arrived(event) == 0

    def test_helpers_see_what_strangers_see_after_that(
        self, as_hugo: Api, event: Event, ada: User
    ) -> None:
        going(event, ada)
        ended(event, timedelta(hours=48))
        [attendee] = as_hugo.get(f"/events/{event.pk}/attendees/")["results"]
        assert attendee.keys() == {"user", "status", "guests", "created_at"}

    def test_helpers_regain_access_when_the_event_is_moved(
        self, as_hugo: Api, event: Event
    ) -> None:
        ended(event, timedelta(days=3))
        as_hugo.get(f"/events/{event.pk}/attendance/", expect=403)
        move_start(event, days=1)
        as_hugo.get(f"/events/{event.pk}/attendance/")


class TestSecondScan:
    """The refusal names the holder of the ticket and the arrival time."""

    @pytest.mark.parametrize("way", ["code", "user_id"])
    def test_online(self, as_olive: Api, event: Event, ada: User, way: str) -> None:
        code = ticket(event, ada, guests=1)
        body: dict[str, Any] = {"code": code} if way == "code" else {"user_id": ada.pk}
        first = as_olive.post(door(event), body, expect=200)
        problem = as_olive.post(door(event), body, expect=409)
        assert problem["code"] == "already_checked_in"
        assert problem["checked_in_at"] == first["checked_in_at"]
        assert problem["attendee"] == first

    def test_of_a_walk_in(self, as_olive: Api, event: Event, sam: User) -> None:
        body = {"user_id": sam.pk, "walk_in": True}
        first = as_olive.post(door(event), body, expect=200)
        assert as_olive.post(door(event), body, expect=409)["attendee"] == first

    def test_of_the_same_instant(self, as_olive: Api, event: Event, ada: User) -> None:
        body = {"code": ticket(event, ada), "at": timezone.now().isoformat()}
        first = as_olive.post(door(event), body, expect=200)
        assert as_olive.post(door(event), body, expect=409)["attendee"] == first

    def test_in_a_list(self, as_olive: Api, event: Event, ada: User) -> None:
        code = ticket(event, ada)
        first = as_olive.post(door(event), {"code": code}, expect=200)
        scans = [{"code": code, "at": timezone.now().isoformat()}]
        [result] = as_olive.post(door(event, "batch/"), scans, expect=200)["results"]
        assert (result["attendee"], result["checked_in_at"]) == (first, first["checked_in_at"])

    def test_other_refusals_name_no_person(self, as_olive: Api, event: Event, ada: User) -> None:
        code = ticket(event, ada)
        Rsvp.objects.update(ticket_no=7)
        assert "attendee" not in as_olive.post(door(event), {"code": code}, expect=409)


def test_closing_decides_who_may_review(as_ada: Api, event: Event, olive: User, ada: User) -> None:
    """A single scan kept everyone who was not scanned from reviewing."""
    going(event, ada)
    crowd = fill(event, 3)
    let_in(event, crowd[0], olive)
    end(event)
    path = f"/events/{event.pk}/reviews/"
    shown = as_ada.post(path, {"rating": 4})
    as_ada.delete(f"{path}{shown['id']}/")
    close_check_in(event_id=event.pk)
    assert as_ada.post(path, {"rating": 4}, expect=403)["code"] == "not_attended"
    Api(crowd[0]).post(path, {"rating": 4})
