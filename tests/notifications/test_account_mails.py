"""Mails about accounts: their addresses, and the secrecy of their links."""

import html
import re
from datetime import time
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.models import User
from notifications import rendering
from notifications.channels import DeliveryRefused
from notifications.kinds import Context
from notifications.models import Delivery, Notification
from notifications.relay.planning import plan_all
from notifications.relay.sending import deliver
from notifications.services import mark_read, notify, send_again, set_preferences
from notifications.tasks import relay as relay_task
from notifications.unsubscribe import token_for
from tests.client import Api, refusal
from tests.notifications.account import (
    KEY,
    LINK,
    WITH_LINK,
    build_notification,
    html_of,
    parsed_mail,
    raw_mail,
    use_link,
)
from tests.notifications.kinds import ACCOUNT_KINDS, Kind, change_kind
from tests.notifications.notices import about_account
from tests.notifications.outbox import create_notification

pytestmark = pytest.mark.slow


def broken_link(notification: Notification, context: Context) -> str:
    raise LookupError(KEY)


def refuse_link(notification: Notification, context: Context) -> str:
    raise AssertionError("Links are made when a mail is rendered for sending, and only then.")


@pytest.fixture(autouse=True)
def _replace_links(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FRONTEND_URL = "https://app.example.com"
    use_link(monkeypatch)
    change_kind(monkeypatch, Kind.VERIFY_EMAIL, is_still_true=lambda notification, context: True)


# -- Channel and address --------------------------------------------------------


def test_account_kinds_are_listed() -> None:
    assert ACCOUNT_KINDS == [
        Kind.VERIFY_EMAIL,
        Kind.RESET_PASSWORD,
        Kind.ACCOUNT_SECURITY,
        Kind.ADMIN_ALERT,
    ]


@pytest.mark.parametrize("kind", ACCOUNT_KINDS)
def test_account_kind_uses_only_mail(kind: Kind, ada: User, settings: Any) -> None:
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.TWILIO_FROM = "on"
    settings.FCM_CREDENTIALS_FILE = "on"
    User.objects.filter(pk=ada.pk).update(phone="+4930901820")
    ada.devices.create(token="of-ada", platform="web")
    create_notification(ada, kind)
    plan_all()
    assert list(Delivery.objects.values_list("channel", "address")) == [
        ("email", "ada@example.com")
    ]


@pytest.mark.parametrize("kind", ACCOUNT_KINDS)
def test_account_mail_ignores_preferences_and_quiet_hours(kind: Kind, ada: User) -> None:
    changes = {"quiet_hours": {"from": time(0), "to": time(23, 59)}}
    set_preferences(user_id=ada.pk, changes=changes)
    # The API refuses this; other code could store it.
    ada.notification_preferences.channels = {kind: {"email": False}}
    ada.notification_preferences.save()
    notification = create_notification(ada, kind)
    relay_task()
    assert [(message.subject, message.to) for message in mail.outbox] == [
        (rendering.subject(notification), ["ada@example.com"])
    ]


@pytest.mark.parametrize("kind", ACCOUNT_KINDS)
def test_mail_goes_only_to_the_named_address(kind: Kind, ada: User) -> None:
    notify([about_account(ada, kind, email="new@example.com")])
    relay_task()
    assert [message.to for message in mail.outbox] == [["new@example.com"]]


def test_named_address_replaces_all_channels(ada: User, settings: Any) -> None:
    """Also for a kind with several channels."""
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.TWILIO_FROM = "on"
    User.objects.filter(pk=ada.pk).update(phone="+4930901820")
    Notification.objects.filter(pk=create_notification(ada, Kind.PROMOTED).pk).update(
        email="b@example.com"
    )
    plan_all()
    assert list(Delivery.objects.values_list("channel", "address")) == [("email", "b@example.com")]


def test_named_address_gets_mail_for_an_account_without_address(ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(email="")
    notify([about_account(ada, Kind.VERIFY_EMAIL, email="new@example.com")])
    relay_task()
    assert [message.to for message in mail.outbox] == [["new@example.com"]]


def test_account_mail_is_not_sent_to_a_former_address(ada: User) -> None:
    """A link to reset the password must not reach the old mailbox."""
    create_notification(ada, Kind.RESET_PASSWORD)
    plan_all()
    User.objects.filter(pk=ada.pk).update(email="new@example.com")
    relay_task()
    delivery = Delivery.objects.get()
    assert (mail.outbox, delivery.error) == ([], "This address is no longer yours.")


def test_verification_mail_is_skipped_once_the_address_is_verified(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_kind(monkeypatch, Kind.VERIFY_EMAIL, is_still_true=lambda notification, context: False)
    create_notification(ada, Kind.VERIFY_EMAIL)
    relay_task()
    assert (mail.outbox, Delivery.objects.get().status) == ([], "skipped")


@pytest.mark.parametrize("people", [1, 3])
def test_planning_account_mails_costs_the_same(
    people: int, ada: User, django_assert_num_queries: Any
) -> None:
    notify([about_account(ada, occasion=f"change {number}") for number in range(people)])
    with django_assert_num_queries(9):
        plan_all()


# -- They can't be turned off ---------------------------------------------------


def test_preferences_do_not_name_account_kinds(as_ada: Api) -> None:
    path = "/notifications/preferences/"
    before = as_ada.get(path)
    body = {"channels": {kind: {"email": False} for kind in ACCOUNT_KINDS}}
    problem = as_ada.put(path, body, expect=400)
    assert set(refusal(problem)) == {
        (f"channels.{kind.value}", "unknown_field") for kind in ACCOUNT_KINDS
    }
    assert as_ada.get(path) == before
    assert before["channels"].keys() & set(ACCOUNT_KINDS) == set()


@pytest.mark.parametrize("kind", ACCOUNT_KINDS)
def test_unsubscribe_token_of_an_account_kind_is_refused(kind: Kind, ada: User) -> None:
    path = f"/api/notifications/unsubscribe/{token_for(user_id=ada.pk, kind=kind)}/"
    responses = [Client().get(path), Client().post(path)]
    assert [(response.status_code, response.json()["code"]) for response in responses] == [
        (404, "not_found")
    ] * 2


@pytest.mark.parametrize("kind", ACCOUNT_KINDS)
def test_account_mail_headers(kind: Kind, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Event Booking <events@example.com>"
    message = parsed_mail(build_notification(kind))
    headers = {name: value.strip() for name, value in message.items()}
    for varying in ("Content-Type", "Date", "Subject"):
        del headers[varying]
    assert headers == {
        "MIME-Version": "1.0",
        "From": "Event Booking <events@example.com>",
        "To": "ada@example.com",
        "Message-ID": "<12.1795370700.000000.email@example.com>",
        "X-Notification-Kind": kind.value,
        "Auto-Submitted": "auto-generated",
    }


# -- Links ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_LINK)
def test_link_arrives_unbroken(kind: Kind) -> None:
    lines = raw_mail(build_notification(kind)).splitlines()
    as_html = LINK.replace("&", "&amp;").encode()
    assert (lines.count(LINK.encode()), sum(line.count(as_html) for line in lines)) == (1, 3)


@pytest.mark.parametrize("kind", WITH_LINK)
def test_html_has_a_button_and_the_link_below(kind: Kind) -> None:
    page = html_of(build_notification(kind))
    links = re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', page)
    assert [(html.unescape(href), html.unescape(label)) for href, label in links] == [
        (LINK, kind.label),
        (LINK, LINK),
    ]


@pytest.mark.parametrize("kind", WITH_LINK)
def test_link_is_not_stored(kind: Kind, ada: User) -> None:
    create_notification(ada, kind)
    relay_task()
    assert KEY in str(mail.outbox[0].body)
    with connection.cursor() as cursor:
        for table in ("notifications_notification", "notifications_delivery"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608  (constant names)
            assert KEY not in str(cursor.fetchall())


@pytest.mark.parametrize("link", [LINK, LINK.upper()])
def test_link_repeated_by_the_mail_server_is_not_kept(
    link: str, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(delivery: Delivery, **_: Any) -> None:
        raise DeliveryRefused(f"554 5.7.1 Listed: {link}")

    monkeypatch.setattr("notifications.channels.email.send", refuse)
    create_notification(ada, Kind.RESET_PASSWORD)
    relay_task()
    assert Delivery.objects.get().error == "554 5.7.1 Listed: …"


def test_key_in_our_own_error_is_not_kept(
    ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change_kind(monkeypatch, Kind.RESET_PASSWORD, link=broken_link)
    create_notification(ada, Kind.RESET_PASSWORD)
    relay_task()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.error, KEY in caplog.text) == (
        "pending",
        "LookupError",
        False,
    )


@pytest.mark.parametrize("kind", WITH_LINK)
def test_admin_makes_no_link(
    kind: Kind, ada: User, admin_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    notification = create_notification(ada, kind)
    relay_task()
    change_kind(monkeypatch, kind, link=refuse_link)
    for path in (
        "notification/",
        f"notification/?kind__exact={kind}",
        f"notification/{notification.pk}/change/",
        "delivery/",
        f"delivery/?notification__kind__exact={kind}",
        f"delivery/{Delivery.objects.get().pk}/change/",
    ):
        page = admin_page(f"/notifications/{path}")
        assert (kind.label in page, KEY in page) == (True, False), path


def test_admin_finds_a_named_address(ada: User, admin_page: Any) -> None:
    notify([about_account(ada, email="old@example.com")])
    notification = Notification.objects.get()
    listed = admin_page("/notifications/notification/?q=old@example.com")
    assert f"/admin/notifications/notification/{notification.pk}/change/" in listed
    assert "old@example.com" in admin_page(f"/notifications/notification/{notification.pk}/change/")


def test_resent_mail_has_a_link(ada: User) -> None:
    create_notification(ada, Kind.RESET_PASSWORD)
    plan_all()
    delivery = Delivery.objects.get()
    Delivery.objects.update(status=Delivery.Status.FAILED, attempts=10)
    send_again(deliveries=[delivery.pk])
    deliver(delivery.pk)
    assert [LINK in str(message.body) for message in mail.outbox] == [True]


# -- In the app -----------------------------------------------------------------


def test_app_lists_security_and_no_links(as_ada: Api, ada: User) -> None:
    for kind in (*WITH_LINK, Kind.VERIFY_PHONE, Kind.ACCOUNT_SECURITY):
        create_notification(ada, kind)
    page = as_ada.get("/notifications/")
    [item] = page["results"]
    assert (page["count"], item["kind"], item["event"], item["text"]) == (
        1,
        "account_security",
        None,
        "Your password was changed.",
    )


@pytest.mark.parametrize("kind", WITH_LINK)
def test_unlisted_kind_cannot_be_marked_read(kind: Kind, as_ada: Api, ada: User) -> None:
    notification = create_notification(ada, kind)
    problem = as_ada.post(f"/notifications/{notification.pk}/read/", expect=404)
    notification.refresh_from_db()
    assert (refusal(problem), notification.read_at) == (("not_found",), None)


def test_security_notification_can_be_marked_read(ada: User) -> None:
    notification = create_notification(ada, Kind.ACCOUNT_SECURITY)
    assert mark_read(notification_id=notification.pk, user_id=ada.pk).read_at is not None
