"""Notifications, deliveries, devices and preferences in the admin."""

import re
from collections.abc import Callable
from datetime import time

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.models import User
from notifications.kinds import Channel
from notifications.models import Delivery, Device
from notifications.rendering import short_text
from notifications.services import add_device, set_preferences
from tests.factories import UserFactory
from tests.notifications.kinds import Kind
from tests.notifications.outbox import create_delivery, create_notification

Page = Callable[..., str]
Status = Delivery.Status
DELIVERIES = "/notifications/delivery/"
TOKEN = "fcm-APA91b-" + "s3cret" * 20


@pytest.fixture
def failed(ada: User) -> Delivery:
    return create_delivery(
        create_notification(ada),
        Channel.EMAIL,
        address="ada@example.com",
        status=Status.FAILED,
        attempts=10,
        error="550 no such mailbox",
    )


class TestNotifications:
    @pytest.mark.parametrize("term", ["ada", "ada@example.com", "req-4711"])
    def test_search_finds_notifications(self, admin_page: Page, ada: User, term: str) -> None:
        notification = create_notification(ada)
        type(notification).objects.update(request_id="req-4711")
        assert "Rooftop Jazz Night (#42)" in admin_page(f"/notifications/notification/?q={term}")

    def test_page_shows_the_failed_delivery_and_its_error(
        self, admin_page: Page, failed: Delivery
    ) -> None:
        page = admin_page(f"/notifications/notification/{failed.notification_id}/change/")
        assert "550 no such mailbox" in page
        assert escape(short_text(failed.notification)) in page

    def test_digest_has_no_event(self, admin_page: Page, ada: User) -> None:
        notification = create_notification(ada, Kind.NEW_IN_INTERESTS)
        assert "Rooftop" not in admin_page("/notifications/notification/")
        page = admin_page(f"/notifications/notification/{notification.pk}/change/")
        assert escape(short_text(notification)) in page

    def test_all_links_open(
        self, admin_page: Page, client: Client, failed: Delivery, ada: User
    ) -> None:
        add_device(user_id=ada.pk, token=TOKEN, platform="ios")
        set_preferences(user_id=ada.pk, changes={"reminder_minutes": [5]})
        device = Device.objects.get()
        page = admin_page(f"/notifications/notification/{failed.notification_id}/change/")
        assert f'href="/admin/notifications/delivery/{failed.pk}/change/"' in page
        links = set()
        for path in (
            f"/notifications/notification/{failed.notification_id}/change/",
            f"/notifications/delivery/{failed.pk}/change/",
            f"/notifications/device/{device.pk}/change/",
            f"/notifications/preferences/{ada.pk}/change/",
            "/notifications/notification/",
            "/notifications/delivery/",
            "/notifications/device/",
            "/notifications/preferences/",
        ):
            links |= set(re.findall(r'href="(/admin/[^"#?]*)"', admin_page(path)))
        links.discard("/admin/logout/")
        assert f"/admin/accounts/user/{ada.pk}/change/" in links
        for link in links:
            assert client.get(link).status_code == 200, link


class TestDeliveries:
    @pytest.mark.parametrize(
        "query",
        ["", "?q=ada", "?q=ada@example.com", "?status__exact=failed", "?channel__exact=email"],
    )
    def test_search_and_filters_find_deliveries(
        self, admin_page: Page, failed: Delivery, query: str
    ) -> None:
        assert "550 no such mailbox" in admin_page(DELIVERIES + query)

    def test_other_filters_hide_the_delivery(self, admin_page: Page, failed: Delivery) -> None:
        for query in ("?status__exact=sent", "?notification__kind__exact=reminder", "?q=nobody"):
            assert "550 no such mailbox" not in admin_page(DELIVERIES + query)

    def test_failed_and_skipped_deliveries_are_resent(
        self, admin_page: Page, failed: Delivery
    ) -> None:
        skipped = create_delivery(failed.notification, Channel.SMS, status=Status.SKIPPED)
        sent = create_delivery(failed.notification, Channel.PUSH, status=Status.SENT)
        rows = [failed, skipped, sent]
        page = admin_page(
            DELIVERIES,
            {"action": "send_again", "_selected_action": [row.pk for row in rows]},
        )
        assert "2 will be resent." in page
        assert "1 unchanged: already sent, or not finished yet." in page
        for row in rows:
            row.refresh_from_db()
        assert [row.status for row in rows] == [Status.PENDING, Status.PENDING, Status.SENT]
        assert (failed.attempts, failed.error) == (0, "")
        assert failed.due_at <= timezone.now()

    def test_all_filtered_deliveries_can_be_resent(
        self, admin_page: Page, failed: Delivery
    ) -> None:
        """The list's "select all", across its pages."""
        data = {"action": "send_again", "_selected_action": [failed.pk], "select_across": "1"}
        assert "1 will be resent." in admin_page(f"{DELIVERIES}?q=ada", data)

    def test_viewer_cannot_resend(self, client: Client, failed: Delivery) -> None:
        viewer = UserFactory.create(username="vera", is_staff=True)
        client.force_login(viewer)
        viewer.user_permissions.add(Permission.objects.get(codename="view_delivery"))
        page = client.get(f"/admin{DELIVERIES}")
        assert page.status_code == 200 and b"send_again" not in page.content
        data = {"action": "send_again", "_selected_action": [failed.pk]}
        client.post(f"/admin{DELIVERIES}", data)
        failed.refresh_from_db()
        assert failed.status == Status.FAILED

    def test_staff_with_change_permission_can_resend(
        self, client: Client, failed: Delivery
    ) -> None:
        operator = UserFactory.create(username="otto", is_staff=True)
        codes = ["view_delivery", "change_delivery"]
        operator.user_permissions.add(*Permission.objects.filter(codename__in=codes))
        client.force_login(operator)
        data = {"action": "send_again", "_selected_action": [failed.pk]}
        client.post(f"/admin{DELIVERIES}", data)
        failed.refresh_from_db()
        assert failed.status == Status.PENDING


class TestDevices:
    def test_token_is_never_shown(self, admin_page: Page, ada: User) -> None:
        device, _ = add_device(user_id=ada.pk, token=TOKEN, platform="ios")
        for path in ("", f"{device.pk}/change/", f"{device.pk}/delete/", "?q=ada"):
            page = admin_page(f"/notifications/device/{path}")
            assert "ada" in page or "iOS" in page
            assert "s3cret" not in page

    def test_short_token_is_not_shown_completely(self, admin_page: Page, ada: User) -> None:
        add_device(user_id=ada.pk, token="qwerty", platform="ios")
        assert "qwerty" not in admin_page("/notifications/device/")

    def test_device_is_deleted(self, admin_page: Page, ada: User) -> None:
        device, _ = add_device(user_id=ada.pk, token=TOKEN, platform="ios")
        admin_page(f"/notifications/device/{device.pk}/delete/", {"post": "yes"})
        assert not Device.objects.exists()


class TestPreferences:
    def test_only_changed_switches_are_shown(self, admin_page: Page, ada: User) -> None:
        changes = {
            "reminder_minutes": [15, 120],
            "quiet_hours": {"from": time(22), "to": time(0)},
            "channels": {"reminder": {"sms": False}, "waitlisted": {"email": True}},
        }
        set_preferences(user_id=ada.pk, changes=changes)
        for path in ("", f"{ada.pk}/change/"):
            page = admin_page(f"/notifications/preferences/{path}")
            assert "120, 15" in page
            assert "22:00 – 00:00" in page
            assert "reminder: sms off" in page
            assert "waitlisted" not in page


@pytest.mark.parametrize("model", ["notification", "delivery", "device", "preferences"])
class TestPermissions:
    def test_rows_cannot_be_added(self, client: Client, alma: User, model: str) -> None:
        client.force_login(alma)
        assert client.get(f"/admin/notifications/{model}/add/").status_code == 403

    def test_people_who_are_not_staff_are_redirected(
        self, client: Client, olive: User, model: str
    ) -> None:
        client.force_login(olive)
        assert client.get(f"/admin/notifications/{model}/").status_code == 302


def test_other_rows_cannot_be_deleted(client: Client, alma: User, failed: Delivery) -> None:
    client.force_login(alma)
    set_preferences(user_id=failed.notification.user_id, changes={})
    for path in (
        f"notification/{failed.notification_id}",
        f"delivery/{failed.pk}",
        f"preferences/{failed.notification.user_id}",
    ):
        response = client.post(f"/admin/notifications/{path}/delete/", {"post": "yes"})
        assert response.status_code == 403, path
