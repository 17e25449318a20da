"""Kinds that apps register, and rows of kinds that this version does not know."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import get_template
from django.utils import timezone

from accounts.models import User
from notifications import kinds, selectors
from notifications.kinds import Channel, Context, NotificationKind
from notifications.models import Delivery, Notification
from notifications.relay import planning, sending
from notifications.services import Notice, notify
from rsvp.models import RsvpChange
from rsvp.notifications import ReceiptContext, is_receipt_true
from rsvp.services import join_event, leave_event
from tests.client import Api
from tests.notifications.kinds import Kind
from tests.notifications.outbox import create_notification


def forget(patch: pytest.MonkeyPatch, kind: str) -> None:
    """Act as an older version, which does not know this kind."""
    known = {name: registered for name, registered in kinds._registered.items() if name != kind}
    patch.setattr(kinds, "_registered", known)
    query = selectors.listed_notifications
    patch.setattr(selectors, "listed_notifications", query.__wrapped__)  # compiled for all kinds


def test_kinds_are_listed_in_this_order() -> None:
    assert [kind.name for kind in kinds.all_kinds()] == list(Kind)


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_kind_has_its_templates(kind: Kind) -> None:
    by_mail = ["short.txt", "subject.txt", "text.txt", "html.html"]
    is_code = kinds.get(kind).account_channel == Channel.SMS
    for name in ["short.txt", "sms.txt"] if is_code else by_mail:
        get_template(f"notifications/{kind}/{name}")


def test_new_kind_needs_no_migration(
    as_ada: Api, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Preferences list it, and rows can store it."""
    new = NotificationKind("sold_out", "Sold out", Context)
    monkeypatch.setattr(kinds, "_registered", kinds._registered | {new.name: new})
    channels = as_ada.get("/notifications/preferences/")["channels"]
    assert channels["sold_out"] == {"email": True, "sms": False, "push": True}
    body = {"channels": {"sold_out": {"email": False}}}
    assert as_ada.put("/notifications/preferences/", body)["channels"]["sold_out"]["email"] is False
    tomorrow = timezone.now() + timedelta(days=1)
    notify([Notice(ada.pk, new, Context(), occasion="now", useful_until=tomorrow)])
    assert Notification.objects.get().get_kind_display() == "Sold out"


def test_two_kinds_cannot_have_one_name() -> None:
    with pytest.raises(ImproperlyConfigured, match="promoted"):
        kinds.register(NotificationKind("promoted", "Another one", Context))


class TestUnknownKind:
    def test_notification_waits_for_a_newer_process(
        self, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as older:
            notification = create_notification(ada, Kind.REMINDER)
            forget(older, Kind.REMINDER)
            assert planning.plan_all() == 0
        assert planning.plan_all() == 1
        assert Delivery.objects.filter(notification=notification).exists()

    def test_delivery_is_tried_again_later(
        self, ada: User, monkeypatch: pytest.MonkeyPatch, caplog: Any
    ) -> None:
        create_notification(ada, Kind.PROMOTED)
        planning.plan_all()
        delivery = Delivery.objects.get()
        with monkeypatch.context() as older:
            forget(older, Kind.PROMOTED)
            sending.deliver(delivery.pk)
        delivery.refresh_from_db()
        assert (delivery.status, mail.outbox) == ("pending", [])
        assert delivery.error == "This version of the server does not know the kind promoted."
        assert "delivery_of_unknown_kind" in caplog.text
        sending.deliver(delivery.pk)
        assert len(mail.outbox) == 1

    def test_api_does_not_list_notification(
        self, as_ada: Api, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        create_notification(ada, Kind.REMINDER)
        notification = create_notification(ada, Kind.PROMOTED)
        forget(monkeypatch, Kind.REMINDER)
        assert [row["id"] for row in as_ada.get("/notifications/")["results"]] == [notification.pk]

    def test_admin_shows_notification_without_text(
        self, ada: User, admin_page: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notification = create_notification(ada, Kind.REMINDER)
        planning.plan_all()
        forget(monkeypatch, Kind.REMINDER)
        page = admin_page(f"/notifications/notification/{notification.pk}/change/")
        assert ("Rooftop Jazz Night (#42)" in page, "Reminder:" in page) == (True, False)
        for path in ("notification/", "delivery/"):
            assert "ada" in admin_page(f"/notifications/{path}")


class TestContext:
    def test_fields_of_a_newer_version_are_ignored(self) -> None:
        data = {"event": {"id": 7}, "guests": 2, "seats": ["A1", "A2"]}
        context = ReceiptContext.read(data)
        assert context.as_json() == {"event": {"id": 7}, "guests": 2}

    def test_context_without_fields_is_empty(self) -> None:
        assert Context.read({"anything": 1}).as_json() == {}

    def test_receipt_of_an_earlier_version_is_checked_by_time(self, event: Any, ada: User) -> None:
        """It has no `answer_id`."""
        join_event(event_id=event.pk, attendee=ada)
        leave_event(event_id=event.pk, attendee=ada)
        for receipt in Notification.objects.all():
            receipt.context.pop("answer_id")
            receipt.save()
        minute = timedelta(minutes=2)
        RsvpChange.objects.filter(to_status="going").update(at=timezone.now() - 2 * minute)
        Notification.objects.update(created_at=timezone.now() - minute)
        going, gone = Notification.objects.order_by("id")
        RsvpChange.objects.exclude(to_status="going").update(at=gone.created_at - minute)
        assert is_receipt_true(gone, ReceiptContext.read(gone.context))
        RsvpChange.objects.exclude(to_status="going").update(at=timezone.now())
        assert not is_receipt_true(going, ReceiptContext.read(going.context))
