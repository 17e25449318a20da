"""Texts of mails about accounts, also with hostile input."""

import html
import re
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from accounts.notifications import Change
from notifications import rendering
from notifications.models import Notification
from notifications.services import notify
from notifications.tasks import relay as relay_task
from tests.notifications.account import (
    LINK,
    build_notification,
    html_of,
    parsed_mail,
    text_of,
    use_link,
)
from tests.notifications.kinds import ACCOUNT_KINDS, Kind
from tests.notifications.notices import about_account

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # needs no servers

HOSTILE = (
    "Firefox\r\nBcc: eve@example.com\r\n\r\nNew body",
    "<script>alert(1)</script><a href='https://evil.example'>",
    "\u202egnihton\u2066 \ud800\0",
    "{{ 7 }}{% now 'Y' %}",
    "=?utf-8?q?=0D=0ABcc:_eve=40example.com?=",
    "ü" * 10_000,
)


@pytest.fixture(autouse=True)
def _replace_links(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FRONTEND_URL = "https://app.example.com"
    use_link(monkeypatch)


# -- Content --------------------------------------------------------------------


def test_verification_names_the_account_and_the_time_limit() -> None:
    notification = build_notification(Kind.VERIFY_EMAIL)
    assert (rendering.subject(notification), text_of(notification)) == (
        "Verify your e-mail address",
        "Hello ada,\n\n"
        "The account “ada” has this e-mail address. If this is your account, verify the address "
        "with this link. It is valid for 3 days.\n\n"
        f"Verify your e-mail address:\n{LINK}\n\n"
        "If this is not your account, ignore this mail.\n\n"
        "-- \nYou can't unsubscribe from security mails about your account.\n",
    )


def test_reset_says_that_nothing_has_changed() -> None:
    notification = build_notification(Kind.RESET_PASSWORD)
    assert (rendering.subject(notification), text_of(notification)) == (
        "Reset your password",
        "Hello ada,\n\n"
        "We received a request to reset the password of your account “ada”. Your password has not "
        "changed. If you made the request, choose a new password with this link. It is valid for 1 "
        "hour.\n\n"
        f"Reset your password:\n{LINK}\n\n"
        "If you did not make the request, ignore this mail.\n\n"
        "-- \nYou can't unsubscribe from security mails about your account.\n",
    )


def test_security_mail_says_when_where_and_what_to_do() -> None:
    notification = build_notification(ip="203.0.113.7", device="Firefox on Linux")
    assert text_of(notification) == (
        "Hello ada,\n\n"
        "Your password was changed.\n"
        "This happened on Sunday 22 November 2026, 19:05, Europe/Berlin, from 203.0.113.7, "
        "Firefox on Linux.\n\n"
        "If this was you, you don't need to do anything.\n\n"
        "If this was not you, reset your password now and end all other sessions.\n\n"
        "Reset your password:\nhttps://app.example.com/reset-password\n\n"
        "-- \nYou can't unsubscribe from security mails about your account.\n"
    )


def test_address_change_mail_offers_no_reset_link() -> None:
    text = text_of(build_notification(what="email_changed", detail="new@example.com"))
    assert text.partition("do anything.\n\n")[2].partition("\n\n-- ")[0] == (
        "If this was not you, log in now with your username, “ada”. Choose a new password, end all "
        "other sessions and change the address back. A link for a new password would go to the "
        "new address."
    )


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, "Europe/Berlin."),
        ({"ip": "203.0.113.7"}, "Europe/Berlin, from 203.0.113.7."),
        ({"device": "Firefox on Linux"}, "Europe/Berlin, from Firefox on Linux."),
        ({"at": "2026-10-25T01:30:00Z"}, "Sunday 25 October 2026, 02:30 CET, Europe/Berlin."),
    ],
)
def test_security_mail_shows_the_known_time_and_origin(
    context: dict[str, str], expected: str
) -> None:
    [line] = [
        line for line in text_of(build_notification(**context)).splitlines() if "happened" in line
    ]
    assert line[-len(expected) :] == expected


def test_every_change_has_a_sentence() -> None:
    texts = {
        change.value: rendering.short_text(build_notification(what=change, detail="it"))
        for change in Change
    }
    assert texts == {
        "password_changed": "Your password was changed: it.",
        "password_reset": "Your password was reset: it.",
        "email_change_asked": "A change of your e-mail address was requested: it.",
        "email_changed": "Your e-mail address was changed to it.",
        "email_change_undone": "The change of your e-mail address was undone: it.",
        "second_factor_on": "Your second factor was turned on: it.",
        "second_factor_off": "Your second factor was turned off: it.",
        "recovery_codes_new": "New recovery codes were created: it.",
        "passkey_added": "A passkey was added: it.",
        "passkey_copied": "A login was refused, because its passkey may be a copy of yours: it.",
        "passkey_removed": "A passkey was removed: it.",
        "phone_taken": (
            "Another account has confirmed your phone number, so you get no more SMS on it: it."
        ),
        "provider_linked": "A login with another service was added: it.",
        "provider_unlinked": "A login with another service was removed: it.",
        "sessions_ended_token_reuse": (
            "An old refresh token was used again, so that session was ended: it."
        ),
    }


@pytest.mark.parametrize("change", Change)
def test_subject_text_and_html_say_what_changed(change: Change) -> None:
    notification = build_notification(what=change)
    assert [
        rendering.subject(notification),
        text_of(notification).splitlines()[2],
        re.findall("<strong>(.*)</strong>", html_of(notification))[0],
    ] == [change.label, f"{change.label}.", f"{change.label}."]


@pytest.mark.parametrize(
    "context",
    [
        {"what": "password_guessed"},
        {"what": ""},
        {"at": "yesterday"},
        {"at": "2026-11-22T18:05:00"},
    ],
)
def test_invalid_context_is_refused_at_once(context: dict[str, str], ada: User) -> None:
    with pytest.raises(ValueError, match=r"password_guessed|''|yesterday|offset"):
        notify([about_account(ada, context=context)])


def visible_text(page: str) -> str:
    body = page[page.index("<body") :]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.parametrize("kind", ACCOUNT_KINDS)
def test_account_mail_has_text_and_html_that_say_the_same(kind: Kind) -> None:
    notification = build_notification(kind)
    text, page = (
        re.sub(r"http\S+", "", content)
        for content in (text_of(notification), visible_text(html_of(notification)))
    )
    assert [part.get_content_type() for part in parsed_mail(notification).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert re.findall(r"\w+", page) == re.findall(r"\w+", text)


# -- Untrusted input ------------------------------------------------------------


def header_names(message: EmailMessage) -> list[str]:
    return [name for part in message.walk() for name, _ in part.items()]


def hostile(text: str) -> Notification:
    return build_notification(what="passkey_added", detail=text, ip=text, device=text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_device_stays_text(text: str) -> None:
    notification = hostile(text)
    page = html_of(notification)
    assert (header_names(parsed_mail(notification)), re.findall(r"<script|<a href='", page)) == (
        header_names(parsed_mail(hostile("x"))),
        [],
    )
    assert (
        re.findall("[\u202a-\u202e\u2066-\u2069\ud800-\udfff\\0\r]", text_of(notification) + page)
        == []
    )


@given(text=st.text(st.characters(exclude_categories=[]), max_size=300))
def test_any_device_adds_no_line_and_no_markup(text: str) -> None:
    notification, plain = hostile(f"x{text}"), hostile("x")
    tags = re.compile(r"<[a-z/!][^>]*>")
    assert len(text_of(notification).splitlines()) == len(text_of(plain).splitlines())
    assert tags.findall(html_of(notification)) == tags.findall(html_of(plain))


@given(text=st.text(st.characters(exclude_categories=[]), max_size=300))
def test_any_device_fits_subject_and_line(text: str) -> None:
    notification = hostile(text)
    subject, short = rendering.subject(notification), rendering.short_text(notification)
    assert (subject.splitlines(), short.splitlines()) == ([subject], [short])
    assert len(subject) <= 150 and len(short) <= 300
    assert parsed_mail(notification)["Subject"].split() == subject.split()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_device_is_stored_as_shown(text: str, ada: User) -> None:
    """PostgreSQL stores neither NUL nor a lone surrogate."""
    notify([about_account(ada, context={"detail": text, "device": text, "key": "secret"})])
    notification = Notification.objects.get()
    assert notification.context.keys() == {"what", "detail", "at", "ip", "device"}
    assert len(str(notification.context)) < 700
    relay_task()
    assert [message.subject for message in mail.outbox] == [rendering.subject(notification)]
