"""Users' text contains no clickable links, in messages of every kind."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from accounts.models import User
from core.links import defang, without_links
from notifications import rendering
from notifications.models import Notification
from tests.notifications.account import WITH_LINK
from tests.notifications.kinds import Kind, change_kind
from tests.notifications.test_rendering import build_notification, parsed_mail

pytestmark = pytest.mark.embedded  # needs no servers

ATTACK = "Win https://evil.example/now or www.evil.example, evil.example, win@evil.example \u202e"

OUR_LINK = "https://app.ours.test/verify-email?key=k"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Win at https://evil.example/now today", "Win at evil[.]example/now today"),
        ("hthttp://tp://evil.example", "evil[.]example"),
        ("https:\\\\evil.com", "evil[.]com"),
        ("http：//evil.example", "evil[.]example"),
        ("(HTTP://EVIL.EXAMPLE)", "(EVIL[.]EXAMPLE)"),
        ("<a href='http://evil.example'>x</a>", "<a href='evil[.]example'>x</a>"),
        ("[x](http://evil.example)", "[x](evil[.]example)"),
        ("http://localhost/x", "localhost/x"),
        ("www.evil", "www[.]evil"),
        ("evil.com.or.not", "evil[.]com[.]or[.]not"),
        ("evil.com_x evil.com2", "evil[.]com_x evil[.]com2"),
        ("evil。com ｅｖｉｌ．ｃｏｍ", "evil[.]com ｅｖｉｌ[.]ｃｏｍ"),
        ("ev\u200bil.\u200dcom \u202eevil\u2066.com", "evil[.]com evil[.]com"),
        ("उदाहरण.भारत xn--e1.xn--p1ai", "उदाहरण[.]भारत xn--e1[.]xn--p1ai"),
        ("win@evil.example", "win@evil[.]example"),
        ("mailto:win@evil.example", "mailto: win@evil[.]example"),
        ("javascript:alert(1)", "javascript: alert(1)"),
        ("//evil.example \\\\evil\\share", "/evil[.]example \\evil\\share"),
        ("evil.example:8080 1.2.3.4", "evil[.]example:8080 1[.]2[.]3[.]4"),
        ("ASP.NET Berlin", "ASP[.]NET Berlin"),  # clients link it, so it is one
    ],
)
def test_links_are_shown_but_cannot_be_clicked(written: str, shown: str) -> None:
    assert defang(written) == shown
    assert defang(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Node.js meetup, v1.2.3",
        "Dr.Smith & anna.meier",
        "St. Pauli e.V., 19.30 Uhr, Str. 5",
        "Workshop:Python 10:30",
        "Tue 4.6.2027",
        "می‌خواهم",
        "💃🏽\u200d♀️ dance…",
        "",
    ],
)
def test_text_without_links_is_unchanged(text: str) -> None:
    assert (defang(text), without_links(text)) == (text, text)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Win at https://evil.example/now today", "Win at today"),
        ("Win: www.evil.example today", "Win: today"),
        ("Write to win@evil.example today", "Write to today"),
        ("evil.example/now", ""),
        ("evil.example", "evil[.]example"),
        ("ASP.NET Berlin", "ASP[.]NET Berlin"),
    ],
)
def test_subjects_lose_links_and_keep_names(written: str, shown: str) -> None:
    assert without_links(written) == shown


@given(st.text(st.sampled_from("evil.com/:@w \\ht。\u200d\u200b[]x_-"), max_size=40))
def test_no_text_makes_a_link(text: str) -> None:
    for shown in (defang(text), without_links(text)):
        assert not re.search(r"://|[\w-]+[.。]com|www[.]\w", shown), shown


def hostile(kind: Kind) -> Notification:
    """Build a notification with the attack in every text that other people write."""
    event = dict.fromkeys(("title", "location", "organizer"), ATTACK)
    before = {"starts_at": "2026-03-26T18:00:00+00:00", "location": ATTACK}
    notification = build_notification(
        kind, event=event, reason=f"{ATTACK}\n{ATTACK}", reply=ATTACK, before=before
    )
    if kind == Kind.NEW_IN_INTERESTS:
        notification.context["events"][0]["category"] = ATTACK
    notification.context |= {
        "what": "passkey_added",
        "detail": ATTACK,
        "device": ATTACK,
        "ip": "192.0.2.7",
    }
    notification.context |= {
        "at": "2026-03-01T12:00:00+00:00",
        "setting": "SMS_PER_DAY",
        "budget": 9,
    }
    notification.context |= {"address_id": 1}
    notification.user = User(pk=5, username="www.evil.example", timezone="UTC")
    return notification


@pytest.fixture(autouse=True)
def _replace_links(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FRONTEND_URL, settings.BASE_URL = "https://app.ours.test", "https://api.ours.test"
    for kind in (*WITH_LINK, Kind.VERIFY_PHONE):
        change_kind(monkeypatch, kind, link=lambda notification, context: OUR_LINK)


def is_clean(text: str) -> bool:
    """Return whether mail clients would find no link but our own."""
    theirs = re.sub(r"https://(app|api)\.ours\.test\S*|192\.0\.2\.7", "", text)
    return not re.search(r"https?:|www\.|evil\.|\.example|[\u200b\u202e]", theirs)


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
def test_no_kind_contains_a_link_of_a_user(kind: Kind) -> None:
    """An event's title, with its link, was subject and body of 60 mails in 35 s."""
    notification = hostile(kind)
    if kind == Kind.VERIFY_PHONE:
        assert is_clean(rendering.sms(notification))
        return
    message = parsed_mail(notification)
    subject, short = rendering.subject(notification), rendering.short_text(notification)
    assert is_clean(subject) and "/now" not in subject and len(subject) <= 150
    assert is_clean(short)
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            file = Calendar.from_ical(part.get_content())
            entry = file.walk("VEVENT")[0]
            assert is_clean(f"{entry['SUMMARY']} {entry['LOCATION']}")
        elif part.get_content_maintype() == "text":
            body = part.get_content()
            assert is_clean(body), body
            hrefs = re.findall(r'(?:href|src)="([^"]*)"', body)
            assert all(href.startswith("https://") and ".ours.test/" in href for href in hrefs)


@pytest.mark.parametrize("title", ["https://evil.example", "www.evil.example/now"])
def test_title_that_is_only_a_link_is_replaced(title: str) -> None:
    notification = build_notification(Kind.REMINDER, event={"title": title})
    assert rendering.subject(notification) == "Reminder: an event, Fri 27 Mar 2026"
