"""Messages about several occurrences of a series, and with a cancellation reason."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import rendering
from tests.notifications.kinds import Kind
from tests.notifications.test_rendering import (
    ANY_TEXT,
    HOSTILE,
    build_notification,
    header_names,
    html_of,
    parsed_mail,
    text_of,
    visible_text,
)

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # needs no servers

OF_SERIES = [
    Kind.RSVP_CONFIRMED,
    Kind.WAITLISTED,
    Kind.RSVP_CANCELLED,
    Kind.EVENT_CHANGED,
    Kind.EVENT_CANCELLED,
]
WHEN = "Fri 27 Mar 2026, 19:00 Europe/Berlin"


def lead(kind: Kind, **context: Any) -> str:
    return text_of(build_notification(kind, **context)).split("\n\n")[1].partition("\n")[0]


def test_subject_counts_the_other_dates() -> None:
    subjects = [rendering.subject(build_notification(kind, more=5)) for kind in OF_SERIES]
    assert subjects == [
        "You are going: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
        "On the waitlist: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
        "RSVP cancelled: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
        "Changed: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
        "Cancelled: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
    ]


def test_short_text_counts_the_other_dates() -> None:
    texts = [rendering.short_text(build_notification(kind, more=1, guests=0)) for kind in OF_SERIES]
    assert texts == [
        f'You are going to "Rooftop Jazz": {WHEN} and 1 more date.',
        f'You are on the waitlist of "Rooftop Jazz": {WHEN} and 1 more date.',
        'Your RSVP to "Rooftop Jazz" is cancelled; '
        f"you are still interested: {WHEN} and 1 more date.",
        f'"Rooftop Jazz" has changed: now {WHEN}, at Dachgarten; 1 more date changed too.',
        f'"Rooftop Jazz" is cancelled. It was planned for {WHEN}, with 1 more date.',
    ]


def test_mail_counts_the_other_dates() -> None:
    leads = [lead(kind, more=5, guests=0, now="cancelled") for kind in OF_SERIES]
    assert leads == [
        "You are going to “Rooftop Jazz” and to 5 more dates of this series.",
        "You are on the waitlist of “Rooftop Jazz” and of 5 more dates of this series."
        " We will tell you when you get a seat.",
        "Your RSVP to “Rooftop Jazz” is cancelled,"
        " and so is your RSVP to 5 more dates of this series.",
        "“Rooftop Jazz” has changed, together with 5 more dates of this series.",
        "“Rooftop Jazz” is cancelled and will not take place,"
        " and neither will 5 more dates of this series. This was the plan:",
    ]


def test_receipt_counts_the_waitlisted_dates() -> None:
    notification = build_notification(more=5, waits=2, guests=0)
    assert rendering.short_text(notification) == (
        f'You are going to "Rooftop Jazz": {WHEN} and 5 more dates; on the waitlist for 2 dates.'
    )
    assert lead(Kind.RSVP_CONFIRMED, more=5, waits=1, guests=0) == (
        "You are going to “Rooftop Jazz” and to 5 more dates of this series."
        " You are on the waitlist for 1 date of this series."
    )


def test_text_says_that_the_calendar_file_has_one_date() -> None:
    line = "Open the attached event.ics to update your calendar. It contains only this date."
    assert [line in text_of(build_notification(more=more)) for more in (5, 0)] == [True, False]


@pytest.mark.parametrize("kind", OF_SERIES)
def test_html_says_the_same_as_text(kind: Kind) -> None:
    notification = build_notification(kind, more=5, waits=2, reason="Rain & storm.\nSorry!")
    text = re.sub(r"http\S+", "", text_of(notification))
    assert re.findall(r"\w+", visible_text(html_of(notification))) == re.findall(r"\w+", text)


# -- Cancellation reasons -------------------------------------------------------


def test_reason_is_quoted_line_by_line() -> None:
    notification = build_notification(
        Kind.EVENT_CANCELLED, reason="Rain.\r\n\r\n-- \nSorry!", guests=0
    )
    assert text_of(notification).partition("\nWhen:")[0] == (
        "Hello ada,\n\n"
        "“Rooftop Jazz” is cancelled and will not take place.\n\n"
        "The organizer says:\n"
        "> Rain.\n> --\n> Sorry!\n\n"
        "This was the plan:\n"
    )


def test_reason_in_html_is_escaped() -> None:
    notification = build_notification(Kind.EVENT_CANCELLED, reason="Rain & <b>storm</b>\nSorry!")
    quote = html_of(notification).partition("<blockquote")[2].partition("</blockquote>")[0]
    assert quote.partition(">")[2] == "Rain &amp; &lt;b&gt;storm&lt;/b&gt;<br>Sorry!"


def test_short_text_gives_the_reason_in_one_line() -> None:
    notification = build_notification(Kind.EVENT_CANCELLED, reason="Rain.\nSorry!")
    assert rendering.short_text(notification) == (
        f'"Rooftop Jazz" is cancelled. It was planned for {WHEN}. Reason: Rain. Sorry!'
    )


def test_long_reason_is_cut_in_short_texts() -> None:
    text = rendering.short_text(build_notification(Kind.EVENT_CANCELLED, reason="x" * 500))
    assert text.partition("Reason: ")[2] == "x" * 99 + "…"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_reason_stays_text(text: str) -> None:
    notification = build_notification(Kind.EVENT_CANCELLED, reason=text)
    assert header_names(parsed_mail(notification)) == header_names(
        parsed_mail(build_notification(Kind.EVENT_CANCELLED))
    )
    assert "<script" not in html_of(notification).lower()


@given(text=ANY_TEXT)
def test_any_reason_adds_no_header_and_stays_quoted(text: str) -> None:
    notification = build_notification(Kind.EVENT_CANCELLED, reason=f"x\n{text}")
    assert header_names(parsed_mail(notification)) == header_names(
        parsed_mail(build_notification(Kind.EVENT_CANCELLED))
    )
    [quoted] = text_of(notification).split("The organizer says:\n")[1:]
    quote, _, _ = quoted.partition("\n\nThis was the plan:")
    assert [line for line in quote.split("\n") if not line.startswith("> ")] == []


@given(text=st.text(max_size=500))
def test_any_reason_fits_its_line(text: str) -> None:
    notification = build_notification(Kind.EVENT_CANCELLED, reason=text)
    short = rendering.short_text(notification)
    assert (short.splitlines(), len(short) <= 300) == ([short], True)
