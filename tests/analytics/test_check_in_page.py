"""The button that closes check-in on the attendance page, and how long helpers see the page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.models import User
from events.models import Event, Helper, Tally
from events.services.events import cancel_event, update_event
from tests.factories import UserFactory
from tests.rsvp.check_in_helpers import arrived, going, let_in, open_event

pytestmark = pytest.mark.embedded  # what the pages show is tested on every database

Send = Callable[..., Any]


def staff(user: User) -> User:
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=staff(olive))


@pytest.fixture
def helen(event: Event) -> User:
    helen = staff(UserFactory.create(username="helen"))
    Helper.objects.create(event=event, user=helen)
    return helen


@pytest.fixture
def send(client: Client, event: Event) -> Send:
    """Return a function that presses the button and returns the response."""

    def send(user: User, action: str = "close") -> Any:
        client.force_login(user)
        return client.post(f"/admin/analytics/events/{event.pk}/check-in/", {"action": action})

    return send


def page(client: Client, user: User, event: Event) -> Any:
    client.force_login(user)
    return client.get(f"/admin/analytics/events/{event.pk}/attendance/")


def is_closed(event: Event) -> bool:
    return Tally.objects.get(pk=event.pk).check_in_closed_at is not None


class TestButton:
    def test_owner_closes_and_reopens_check_in(
        self, send: Send, client: Client, olive: User, event: Event
    ) -> None:
        assert "Close check-in" in page(client, olive, event).content.decode()
        assert (send(olive).status_code, is_closed(event)) == (302, True)
        shown = page(client, olive, event).content.decode()
        assert "Open check-in again" in shown
        assert ", closed " in shown
        assert (send(olive, "reopen").status_code, is_closed(event)) == (302, False)

    def test_staff_with_change_permission_close_check_in(
        self, send: Send, client: Client, sam: User, event: Event
    ) -> None:
        rights = Permission.objects.filter(codename__in=["view_event", "change_rsvp"])
        staff(sam).user_permissions.set(rights)
        assert "Close check-in" in page(client, sam, event).content.decode()
        send(sam)
        assert is_closed(event)

    def test_helper_has_no_button_and_is_refused(
        self, send: Send, client: Client, helen: User, event: Event
    ) -> None:
        assert "Close check-in" not in page(client, helen, event).content.decode()
        assert (send(helen).status_code, is_closed(event)) == (403, False)

    def test_event_is_not_found_by_a_stranger(self, send: Send, sam: User, event: Event) -> None:
        assert (send(staff(sam)).status_code, is_closed(event)) == (404, False)

    def test_refusal_is_shown(self, send: Send, olive: User, event: Event) -> None:
        start = timezone.now() + timedelta(days=3)
        times = {"start_time": start, "end_time": start + timedelta(hours=1)}
        update_event(event_id=event.pk, changes=times)
        messages = [str(message) for message in get_messages(send(olive).wsgi_request)]
        assert (messages, is_closed(event)) == (["Check-in has not opened yet."], False)

    def test_cancelled_event_has_no_button(self, client: Client, olive: User, event: Event) -> None:
        cancel_event(event_id=event.pk)
        assert "Close check-in" not in page(client, olive, event).content.decode()

    def test_get_is_refused(self, client: Client, olive: User, event: Event) -> None:
        client.force_login(olive)
        assert client.get(f"/admin/analytics/events/{event.pk}/check-in/").status_code == 405


@pytest.mark.parametrize(("hours", "status"), [(47, 200), (49, 404)])
def test_helper_sees_the_page_until_48_hours_after_the_end(
    client: Client, helen: User, event: Event, hours: int, status: int
) -> None:
    at = timezone.now() - timedelta(hours=hours)
    times = {"start_time": at - timedelta(hours=1), "end_time": at}
    Event.objects.filter(pk=event.pk).update(**times)
    for name in ("attendance/", "attendance.json"):
        path = f"/admin/analytics/events/{event.pk}/{name}"
        client.force_login(helen)
        assert client.get(path).status_code == status


def test_page_of_a_moved_event_shows_no_arrivals(
    client: Client, olive: User, ada: User, event: Event
) -> None:
    going(event, ada)
    let_in(event, ada, olive)
    start = timezone.now() + timedelta(days=3)
    times = {"start_time": start, "end_time": start + timedelta(hours=1)}
    update_event(event_id=event.pk, changes=times)
    client.force_login(olive)
    now = client.get(f"/admin/analytics/events/{event.pk}/attendance.json").json()
    assert (now["arrived"], now["latest"], now["arrivals"], arrived(event)) == ("0", [], [], 0)
