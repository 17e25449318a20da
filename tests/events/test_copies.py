"""Copies of events."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from events.models import Event
from tests.client import Api, refusal
from tests.events.book_club import NOW, weekly
from tests.factories import EventFactory, TagFactory

pytestmark = pytest.mark.usefixtures("a_monday_in_january")


class TestCopy:
    def test_copy_is_a_draft_with_the_same_content(self, as_olive: Api) -> None:
        tag = TagFactory.create()
        event = as_olive.post("/events/", weekly(max_attendees=8, tags=[tag.pk]))
        copied = as_olive.post(f"/events/{event['id']}/copy/")
        same = ["title", "description", "location", "start_time", "end_time", "timezone",
                "max_attendees", "tags", "category"]  # fmt: skip
        assert {name: copied[name] for name in same} == {name: event[name] for name in same}
        assert (copied["status"], copied["is_recurring"], copied["id"] != event["id"]) == (
            "draft",
            False,
            True,
        )

    def test_body_overrides_fields_of_the_copy(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", weekly())
        body = {"title": "Again", "start_time": "2027-03-01T10:00:00", "status": "published"}
        copied = as_olive.post(f"/events/{event['id']}/copy/", body)
        assert (copied["title"], copied["start_time"], copied["end_time"], copied["status"]) == (
            "Again",
            "2027-03-01T09:00:00Z",
            "2027-03-01T11:00:00Z",
            "published",
        )

    def test_copy_can_be_a_series(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        body = {"recurrence_pattern": "FREQ=DAILY;COUNT=2"}
        copied = as_olive.post(f"/events/{event.pk}/copy/", body)
        assert Event.objects.filter(series=copied["series"]).count() == 2

    def test_copy_of_a_past_event_requires_a_start(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        with time_machine.travel(NOW + timedelta(days=30), tick=False):
            api = Api(olive)
            problem = api.post(f"/events/{event.pk}/copy/", expect=400)
        assert refusal(problem) == (("start_time", "start_in_past"),)

    def test_cancelled_copy_is_refused(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        problem = as_olive.post(f"/events/{event.pk}/copy/", {"status": "cancelled"}, expect=400)
        assert refusal(problem) == (("status", "invalid_choice"),)

    def test_stranger_cannot_copy(self, as_sam: Api) -> None:
        as_sam.post(f"/events/{EventFactory.create().pk}/copy/", expect=403)

    def test_former_organizer_cannot_copy(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        User.objects.filter(pk=olive.pk).update(is_organizer=False)
        problem = as_olive.post(f"/events/{event.pk}/copy/", expect=403)
        assert refusal(problem) == ("organizer_required",)
