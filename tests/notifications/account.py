"""Mails about an account, with a link that the tests choose."""

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from accounts.models import User
from notifications import rendering
from notifications.models import Notification
from tests.notifications.kinds import Kind, change_kind

WITH_LINK = [Kind.VERIFY_EMAIL, Kind.RESET_PASSWORD]
KEY = "Mg%3A1tXq7k%3AbGV0J3M-_" + "x" * 100
LINK = f"https://app.example.com/verify-email/{KEY}?from=mail&again=no"


def use_link(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in WITH_LINK:
        change_kind(monkeypatch, kind, link=lambda notification, context: LINK)


def build_notification(kind: str = Kind.ACCOUNT_SECURITY, **context: str) -> Notification:
    """Build a notification without saving it; `context` is added to the default one."""
    contexts: dict[Kind, dict[str, Any]] = {
        Kind.ACCOUNT_SECURITY: {"what": "password_changed", "at": "2026-11-22T18:05:00+00:00"},
        Kind.VERIFY_EMAIL: {"address_id": 1},
        Kind.ADMIN_ALERT: {"setting": "SMS_PER_DAY", "budget": 2000},
    }
    return Notification(
        pk=12,
        user=User(pk=5, username="ada", timezone="Europe/Berlin"),
        kind=kind,
        context=contexts.get(Kind(kind), {}) | context,
        created_at=datetime(2026, 11, 22, 18, 5, tzinfo=UTC),
    )


def raw_mail(notification: Notification) -> bytes:
    return bytes(rendering.mail(notification, "ada@example.com").message().as_bytes())


def parsed_mail(notification: Notification) -> EmailMessage:
    message = email.message_from_bytes(raw_mail(notification), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(notification: Notification) -> str:
    return str(rendering.mail(notification, "ada@example.com").body)


def html_of(notification: Notification) -> str:
    [(page, _)] = rendering.mail(notification, "ada@example.com").alternatives
    return str(page)
