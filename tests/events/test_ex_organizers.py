"""Actions on own events that are possible without the organizer role."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts import snapshots
from accounts.models import User
from accounts.services.lifecycle import deactivate
from accounts.services.organizers import revoke_role
from events.exceptions import OrganizerRequired
from events.models import Event, Series
from events.series import rules as series_rules
from events.series.extension import extend_all_series
from events.services.events import update_event
from tests.client import Api, refusal
from tests.factories import EventFactory, UserFactory, begin, event_body
from tests.rsvp.dates import series_with

REQUIRED = ("organizer_required",)


@pytest.fixture
def draft(olive: User) -> Event:
    return EventFactory.create(created_by=olive, status="draft")


@pytest.fixture
def series(olive: User) -> Series:
    return series_with(olive, *[5] * 3)[0]


@pytest.fixture
def series_draft(as_olive: Api) -> Any:
    body = event_body(recurrence_pattern="FREQ=DAILY;COUNT=3", status="draft")
    return as_olive.post("/events/", body)


@pytest.fixture
def ex(as_olive: Api, olive: User, event: Event, draft: Event, series: Series) -> Api:
    """Olive, whose organizer role was revoked."""
    revoke_role(user=olive)
    return as_olive


WAYS = {
    "create": ("post", "/events/", event_body()),
    "copy": ("post", "/events/{event}/copy/", {}),
    "import": ("post", "/external-events/abc/import/", {"provider": "ticketmaster"}),
    "tag": ("post", "/tags/", {"name": "Jazz"}),
    "publish": ("patch", "/events/{draft}/", {"status": "published"}),
    "publish by PUT": ("put", "/events/{draft}/", {"status": "published", "title": "Jazz"}),
    "repeat": ("patch", "/events/{event}/", {"recurrence_pattern": "weekly"}),
    "repeat a draft": ("patch", "/events/{draft}/", {"recurrence_pattern": "FREQ=DAILY;COUNT=2"}),
    "more dates": ("patch", "/series/{series}/", {"recurrence_pattern": "daily"}),
    "all dates": ("patch", "/events/{date}/?scope=all", {"recurrence_pattern": "daily"}),
    "following": ("patch", "/events/{date}/?scope=following", {"recurrence_pattern": "daily"}),
    "name a helper": ("post", "/events/{event}/staff/", {"username": "sam"}),
    "numbers of all": ("get", "/analytics/overview/", None),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), WAYS.values(), ids=WAYS)
def test_former_organizer_cannot_create_events(
    ex: Api,
    event: Event,
    draft: Event,
    series: Series,
    sam: User,
    method: str,
    path: str,
    body: Any,
) -> None:
    """A former organizer could publish drafts and repeat events by PATCH."""
    before = list(Event.objects.order_by("pk").values())
    date = series.occurrences.order_by("start_time")[0]
    where = path.format(event=event.pk, draft=draft.pk, series=series.pk, date=date.pk)
    assert refusal(ex._call(method, where, body, 403)) == REQUIRED
    assert list(Event.objects.order_by("pk").values()) == before


def test_started_event_cannot_be_moved(ex: Api, event: Event) -> None:
    begin(event)
    body = event_body()
    change = {"start_time": body["start_time"], "end_time": body["end_time"]}
    assert refusal(ex.patch(f"/events/{event.pk}/", change, expect=403)) == REQUIRED


def test_draft_series_is_not_published(as_olive: Api, olive: User, series_draft: Any) -> None:
    revoke_role(user=olive)
    change = {"status": "published"}
    for path in (
        f"/series/{series_draft['series']}/",
        f"/events/{series_draft['id']}/",
        f"/events/{series_draft['id']}/?scope=all",
    ):
        assert refusal(as_olive.patch(path, change, expect=403)) == REQUIRED
    assert set(Event.objects.values_list("status", flat=True)) == {"draft"}


def test_existing_events_can_still_be_managed(ex: Api, event: Event, series: Series) -> None:
    """Texts, times and seats can change, people are notified, and events can be cancelled."""
    path = f"/events/{event.pk}/"
    later = timezone.now() + timedelta(days=9)
    change = {"title": "Moved", "max_attendees": 9, "start_time": later.isoformat()}
    change["end_time"] = (later + timedelta(hours=2)).isoformat()
    ex.patch(path, change)
    ex.patch(f"/series/{series.pk}/", {"location": "Elsewhere"})
    ex.get(f"{path}attendees/")
    ex.get(f"{path}analytics/")
    ex.get(f"{path}staff/")
    date = series.occurrences.order_by("-start_time")[0]
    ex.delete(f"/events/{date.pk}/?scope=following")
    ex.patch(f"/series/{series.pk}/", {"status": "cancelled"})
    ex.patch(path, {"status": "cancelled", "cancellation_reason": "No organizer."})
    ex.delete(path)


def test_rule_can_be_shortened(ex: Api, series: Series) -> None:
    first = series.occurrences.order_by("start_time")[0]
    rule = "FREQ=WEEKLY;COUNT=1"
    ex.patch(f"/events/{first.pk}/?scope=all", {"recurrence_pattern": rule})
    assert series.occurrences.filter(deleted_at=None).count() == 1


class TestHorizon:
    @pytest.fixture
    def open_series(self, olive: User, monkeypatch: pytest.MonkeyPatch) -> Series:
        monkeypatch.setattr(series_rules, "WRITTEN_AHEAD", timedelta(days=10))
        start = timezone.now() + timedelta(days=1)
        first = EventFactory.create(created_by=olive, recurrence_pattern="daily", start_time=start)
        monkeypatch.setattr(series_rules, "WRITTEN_AHEAD", timedelta(days=15))
        assert first.series
        return first.series

    def test_series_of_an_ex_organizer_gets_no_new_dates(
        self, open_series: Series, as_olive: Api, olive: User
    ) -> None:
        revoke_role(user=olive)
        assert extend_all_series() == 0
        as_olive.patch(f"/series/{open_series.pk}/", {"title": "An edit adds none either"})
        assert open_series.occurrences.count() == 11
        User.objects.filter(pk=olive.pk).update(is_organizer=True, organizer_revoked_at=None)
        assert extend_all_series() == 5

    def test_series_of_a_deactivated_organizer_gets_no_new_dates(
        self, open_series: Series, olive: User
    ) -> None:
        deactivate(user=olive)
        assert extend_all_series() == 0

    def test_series_continues_when_the_owner_regains_the_role(
        self, open_series: Series, as_olive: Api, olive: User
    ) -> None:
        User.objects.filter(pk=olive.pk).update(is_organizer=False)  # as earlier versions allowed
        snapshots.forget(olive.pk)
        assert extend_all_series() == 0
        as_olive.patch("/users/profile/", {"is_organizer": True})
        assert extend_all_series() == 5


class TestAdmin:
    def test_draft_of_an_ex_organizer_is_not_published(
        self, ex: Api, draft: Event, admin_page: Any
    ) -> None:
        action = {"action": "publish", "_selected_action": [draft.pk]}
        assert "is not an organizer" in admin_page("/events/event/", action)
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_ex_organizer_gets_no_new_event(self, olive: User, ex: Api, admin_page: Any) -> None:
        before = Event.objects.count()
        body = {
            "title": "New", "location": "Hall", "status": "published", "timezone": "UTC",
            "created_by": olive.pk, "start_time_0": "2030-01-01", "start_time_1": "10:00",
            "end_time_0": "2030-01-01", "end_time_1": "11:00",
        }  # fmt: skip
        page = admin_page("/events/event/add/", body)
        assert "This person is not an organizer" in page
        assert Event.objects.count() == before

    def test_staff_who_are_ex_organizers_add_no_events(self, olive: User, client: Client) -> None:
        User.objects.filter(pk=olive.pk).update(is_staff=True)
        olive.user_permissions.set(
            Permission.objects.filter(codename__in=["add_event", "view_event"])
        )
        client.force_login(olive)
        assert client.get("/admin/events/event/add/").status_code == 200
        revoke_role(user=olive)
        assert client.get("/admin/events/event/add/").status_code == 403


def test_superuser_who_is_no_organizer_publishes_own_events(alma: User) -> None:
    event = EventFactory.create(created_by=alma, status="draft")
    update_event(event_id=event.pk, changes={"status": "published"})


def test_events_without_an_owner_belong_to_admins(olive: User) -> None:
    event = EventFactory.create(created_by=None, status="draft")
    update_event(event_id=event.pk, changes={"status": "published"})


def test_service_refuses_attendees(ada: User) -> None:
    with pytest.raises(OrganizerRequired):
        EventFactory.create(created_by=ada)
    with pytest.raises(OrganizerRequired):
        EventFactory.create(created_by=ada, recurrence_pattern="weekly")
    assert not UserFactory.create().may_organize
