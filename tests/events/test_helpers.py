"""/api/events/<id>/staff/: helpers of an event, and permissions to change them."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from accounts.services.lifecycle import deactivate, reactivate
from core.errors import BadValue
from events.exceptions import EventCancelled, EventNotFound, HelperNotFound, TooManyHelpers
from events.models import Event, Helper
from events.selectors import helps_at
from events.series.scopes import copy
from events.services import helpers
from events.services.events import cancel_event, delete_event
from events.services.helpers import add_helper, remove_helper
from rsvp.services import join_event
from tests.client import Api, refusal
from tests.factories import EventFactory, UserFactory, people

Page = Callable[..., str]


def staff(event: Event) -> str:
    return f"/events/{event.pk}/staff/"


def names(event: Event) -> list[str]:
    rows = Helper.objects.filter(event=event).order_by("pk")
    return list(rows.values_list("user__username", flat=True))


class TestNaming:
    def test_new_helper_is_returned_and_listed(
        self, as_olive: Api, event: Event, sam: User
    ) -> None:
        made = as_olive.post(staff(event), {"username": "sam"})
        assert made == {
            "user": {"id": sam.pk, "username": "sam", "display_name": "sam"},
            "created_at": made["created_at"],
        }
        assert as_olive.get(staff(event)) == {
            "count": 1,
            "next": None,
            "previous": None,
            "results": [made],
        }

    def test_adding_a_helper_twice_returns_the_same(
        self, as_olive: Api, event: Event, sam: User
    ) -> None:
        first = as_olive.post(staff(event), {"username": "sam"})
        assert as_olive.post(staff(event), {"username": "SAM "}, expect=200) == first
        assert names(event) == ["sam"]

    def test_helpers_are_listed_in_the_order_they_were_added(
        self, as_olive: Api, event: Event, sam: User, ada: User
    ) -> None:
        for name in ("sam", "ada"):
            as_olive.post(staff(event), {"username": name})
        listed = as_olive.get(staff(event), limit=1, page=2)
        assert (listed["count"], listed["results"][0]["user"]["username"]) == (2, "ada")

    def test_helper_helps_at_this_event_only(self, event: Event, sam: User, ada: User) -> None:
        add_helper(event_id=event.pk, username="sam")
        pairs = [(sam, event), (ada, event), (sam, EventFactory.create())]
        assert [helps_at(user=user, event=at) for user, at in pairs] == [True, False, False]

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, "required"),
            ({"username": None}, "null"),
            ({"username": ""}, "blank"),
            ({"username": "  "}, "blank"),
            ({"username": ["sam"]}, "invalid"),
            ({"username": {"id": 1}}, "invalid"),
            ({"username": True}, "invalid"),
            ({"username": "s\x00m"}, "null_characters_not_allowed"),
            ({"username": "x" * 51}, "max_length"),
            ({"username": "nobody"}, "does_not_exist"),
            ({"username": "sam@example.com"}, "does_not_exist"),
            ({"username": "sa%"}, "does_not_exist"),
            ({"username": "s\u0430m"}, "does_not_exist"),
            ({"username": "' OR 1=1 --"}, "does_not_exist"),
            ({"username": "olive"}, "is_the_owner"),
            ({"username": "OLIVE"}, "is_the_owner"),
        ],
    )
    def test_invalid_username_is_refused(
        self, as_olive: Api, event: Event, sam: User, body: dict[str, Any], code: str
    ) -> None:
        problem = as_olive.post(staff(event), body, expect=400)
        assert refusal(problem) == (("username", code),)
        assert names(event) == []

    def test_id_is_not_a_username(self, as_olive: Api, event: Event, sam: User) -> None:
        problem = as_olive.post(staff(event), {"username": str(sam.pk)}, expect=400)
        assert refusal(problem) == (("username", "does_not_exist"),)

    def test_inactive_person_gets_the_same_error_as_an_unknown_one(
        self, as_olive: Api, event: Event, sam: User
    ) -> None:
        deactivate(user=sam)
        problems = [
            as_olive.post(staff(event), {"username": name}, expect=400) for name in ("sam", "none")
        ]
        assert problems[0] == problems[1]

    def test_helper_over_the_limit_is_refused(
        self, as_olive: Api, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(helpers, "MOST_HELPERS", 2)
        first, second, third = people(3)
        for person in (first, second):
            add_helper(event_id=event.pk, username=person.username)
        problem = as_olive.post(staff(event), {"username": third.username}, expect=409)
        assert refusal(problem) == ("too_many_helpers", "remove_a_helper")
        as_olive.post(staff(event), {"username": first.username}, expect=200)
        as_olive.delete(f"{staff(event)}{second.pk}/")
        as_olive.post(staff(event), {"username": third.username})

    def test_helpers_of_a_cancelled_event_can_only_be_removed(
        self, as_olive: Api, event: Event, sam: User, ada: User
    ) -> None:
        add_helper(event_id=event.pk, username="sam")
        cancel_event(event_id=event.pk)
        problem = as_olive.post(staff(event), {"username": "ada"}, expect=409)
        assert refusal(problem) == ("event_cancelled",)
        as_olive.delete(f"{staff(event)}{sam.pk}/")
        assert as_olive.get(staff(event))["count"] == 0

    def test_copy_has_no_helpers(self, event: Event, olive: User, sam: User) -> None:
        add_helper(event_id=event.pk, username="sam")
        assert names(copy(event_id=event.pk, organizer=olive, changes={})) == []


class TestRemoving:
    def test_removed_helper_is_not_listed(
        self, as_olive: Api, event: Event, sam: User, ada: User
    ) -> None:
        for name in ("sam", "ada"):
            add_helper(event_id=event.pk, username=name)
        as_olive.delete(f"{staff(event)}{sam.pk}/")
        assert names(event) == ["ada"]

    def test_person_who_does_not_help_is_404(self, as_olive: Api, event: Event, sam: User) -> None:
        add_helper(event_id=EventFactory.create().pk, username="sam")
        for user_id in (sam.pk, 2**62, 0, "sam"):
            as_olive.delete(f"{staff(event)}{user_id}/", expect=404)
        assert Helper.objects.count() == 1


class TestServices:
    def test_deleted_event_is_404(self, event: Event, sam: User) -> None:
        add_helper(event_id=event.pk, username="sam")
        delete_event(event_id=event.pk)
        with pytest.raises(EventNotFound):
            add_helper(event_id=event.pk, username="sam")
        with pytest.raises(EventNotFound):
            remove_helper(event_id=event.pk, user_id=sam.pk)

    def test_refusals(self, event: Event, sam: User) -> None:
        with pytest.raises(HelperNotFound):
            remove_helper(event_id=event.pk, user_id=sam.pk)
        with pytest.raises(BadValue, match="No user has this username"):
            add_helper(event_id=event.pk, username="nobody")
        cancel_event(event_id=event.pk)
        with pytest.raises(EventCancelled):
            add_helper(event_id=event.pk, username="sam")

    def test_limit_applies_to_new_helpers(
        self, event: Event, sam: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(helpers, "MOST_HELPERS", 0)
        with pytest.raises(TooManyHelpers):
            add_helper(event_id=event.pk, username="sam")

    def test_deactivated_person_is_removed_as_helper(self, event: Event, sam: User) -> None:
        add_helper(event_id=event.pk, username="sam")
        deactivate(user=sam)
        reactivate(user=sam)
        assert not helps_at(user=sam, event=event)

    def test_deleted_draft_deletes_its_helpers(self, olive: User, sam: User) -> None:
        draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
        add_helper(event_id=draft.pk, username="sam")
        draft.delete()
        assert not Helper.objects.exists()


class TestWhoMay:
    """Each person reads the list, adds Ken and removes Sam."""

    @pytest.fixture(autouse=True)
    def _sam_helps(self, event: Event, sam: User) -> None:
        add_helper(event_id=event.pk, username="sam")
        UserFactory.create(username="ken")

    def manage_helpers(self, api: Api, event: Event, sam: User, expect: int) -> list[Any]:
        get, post, delete = (200, 201, 204) if expect == 200 else [expect] * 3
        responses = [
            api.get(staff(event), expect=get),
            api.post(staff(event), {"username": "ken"}, expect=post),
            api.delete(f"{staff(event)}{sam.pk}/", expect=delete),
        ]
        assert names(event) == (["ken"] if expect == 200 else ["sam"])
        return responses

    def test_owner(self, as_olive: Api, event: Event, sam: User) -> None:
        self.manage_helpers(as_olive, event, sam, 200)

    def test_admin(self, as_alma: Api, event: Event, sam: User) -> None:
        self.manage_helpers(as_alma, event, sam, 200)

    def test_helper(self, as_sam: Api, event: Event, sam: User) -> None:
        responses = self.manage_helpers(as_sam, event, sam, 403)
        assert {refusal(response) for response in responses} == {("owner_required",)}

    def test_attendee(self, as_ada: Api, ada: User, event: Event, sam: User) -> None:
        join_event(event_id=event.pk, attendee=ada)
        responses = self.manage_helpers(as_ada, event, sam, 403)
        assert {refusal(response) for response in responses} == {("owner_required",)}

    def test_another_organizer(self, event: Event, sam: User) -> None:
        another = UserFactory.create(is_organizer=True)
        self.manage_helpers(Api(another), event, sam, 403)

    def test_nobody(self, as_nobody: Api, event: Event, sam: User) -> None:
        responses = self.manage_helpers(as_nobody, event, sam, 401)
        assert {refusal(response) for response in responses} == {("not_authenticated",)}

    @pytest.mark.parametrize("api", ["as_ada", "as_sam", "as_alma"])
    def test_draft_of_another_owner_is_404(
        self, api: str, request: pytest.FixtureRequest, event: Event, sam: User
    ) -> None:
        Event.objects.filter(pk=event.pk).update(status=Event.Status.DRAFT)
        self.manage_helpers(request.getfixturevalue(api), event, sam, 404)

    def test_deleted_event_is_404_for_its_owner(
        self, as_olive: Api, event: Event, sam: User
    ) -> None:
        delete_event(event_id=event.pk)
        self.manage_helpers(as_olive, event, sam, 404)

    def test_event_without_an_owner_belongs_to_admins(
        self, as_olive: Api, as_alma: Api, event: Event, sam: User
    ) -> None:
        Event.objects.filter(pk=event.pk).update(created_by=None)
        self.manage_helpers(as_olive, event, sam, 403)
        self.manage_helpers(as_alma, event, sam, 200)

    def test_admin_may_add_themselves(self, as_alma: Api, event: Event) -> None:
        as_alma.post(staff(event), {"username": "alma"})
        assert names(event) == ["sam", "alma"]


class TestAdmin:
    def edit(self, page: Page, event: Event, *rows: dict[str, Any], there: int = 0) -> str:
        """Return the form rows of helpers that a browser sends; `initial` existed before."""
        sent: dict[str, Any] = {
            "helpers-TOTAL_FORMS": len(rows),
            "helpers-INITIAL_FORMS": there,
            **{f"helpers-{n}-{name}": row[name] for n, row in enumerate(rows) for name in row},
        }
        start, end = event.start_time, event.end_time
        form = {
            "title": event.title, "description": "", "status": event.status,
            "location": event.location, "timezone": "UTC", "max_attendees": "2",
            "refund_policy": "none", "refund_until_hours": "0",
            "start_time_0": f"{start:%Y-%m-%d}", "start_time_1": f"{start:%H:%M:%S}",
            "end_time_0": f"{end:%Y-%m-%d}", "end_time_1": f"{end:%H:%M:%S}",
        }  # fmt: skip
        return page(f"/events/event/{event.pk}/change/", form | sent)

    def test_page_adds_helpers(self, admin_page: Page, event: Event, sam: User) -> None:
        self.edit(admin_page, event, {"id": "", "event": event.pk, "user": sam.pk})
        assert names(event) == ["sam"]
        assert "sam" in admin_page(f"/events/event/{event.pk}/change/")

    def test_page_removes_helpers(
        self, admin_page: Page, event: Event, sam: User, ada: User
    ) -> None:
        helper, _ = add_helper(event_id=event.pk, username="sam")
        old = {"id": helper.pk, "event": event.pk, "DELETE": "on"}
        new = {"id": "", "event": event.pk, "user": ada.pk}
        self.edit(admin_page, event, old, new, there=1)
        assert names(event) == ["ada"]

    def test_page_refuses_the_owner(self, admin_page: Page, event: Event, olive: User) -> None:
        row = {"id": "", "event": event.pk, "user": olive.pk}
        page = self.edit(admin_page, event, row)
        assert "organizes the event and needs no helper access." in page
        assert names(event) == []

    def test_page_refuses_an_inactive_person(
        self, admin_page: Page, event: Event, sam: User
    ) -> None:
        deactivate(user=sam)
        page = self.edit(admin_page, event, {"id": "", "event": event.pk, "user": sam.pk})
        assert "No user has this username." in page
        assert names(event) == []

    def test_page_refuses_a_helper_twice(self, admin_page: Page, event: Event, sam: User) -> None:
        row = {"id": "", "event": event.pk, "user": sam.pk}
        self.edit(admin_page, event, row, row)
        assert names(event) == []

    def test_page_of_a_cancelled_event_shows_helpers(
        self, admin_page: Page, event: Event, sam: User
    ) -> None:
        add_helper(event_id=event.pk, username="sam")
        cancel_event(event_id=event.pk)
        page = admin_page(f"/events/event/{event.pk}/change/")
        assert ("sam" in page, "helpers-0-DELETE" in page) == (True, False)
