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
    html_of,
    names,
    notification,
    seen,
    sent,
    text_of,
)

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # no server of ours takes part

OF_SERIES = [
    Kind.RSVP_CONFIRMED,
    Kind.WAITLISTED,
    Kind.RSVP_CANCELLED,
    Kind.EVENT_CHANGED,
    Kind.EVENT_CANCELLED,
]
WHEN = "Fri 27 Mar 2026, 19:00 Europe/Berlin"


def lead(kind: Kind, **context: Any) -> str:
    return text_of(notification(kind, **context)).split("\n\n")[1].partition("\n")[0]


def test_subject_counts_the_other_dates() -> None:
    subjects = [rendering.subject(notification(kind, more=5)) for kind in OF_SERIES]
    assert subjects == [
        "You are going: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
        "On the waitlist: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
        "RSVP cancelled: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
        "Changed: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
        "Cancelled: Rooftop Jazz, Fri 27 Mar 2026 and 5 more dates",
    ]


def test_short_text_counts_the_other_dates() -> None:
    texts = [rendering.short_text(notification(kind, more=1, guests=0)) for kind in OF_SERIES]
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


def test_receipt_says_at_how_many_dates_one_waits() -> None:
    told = notification(more=5, waits=2, guests=0)
    assert rendering.short_text(told) == (
        f'You are going to "Rooftop Jazz": {WHEN} and 5 more dates; on the waitlist for 2 dates.'
    )
    assert lead(Kind.RSVP_CONFIRMED, more=5, waits=1, guests=0) == (
        "You are going to “Rooftop Jazz” and to 5 more dates of this series."
        " You are on the waitlist for 1 date of this series."
    )


def test_calendar_file_is_said_to_hold_one_date() -> None:
    line = "Open the attached event.ics to update your calendar. It contains only this date."
    assert [line in text_of(notification(more=more)) for more in (5, 0)] == [True, False]


@pytest.mark.parametrize("kind", OF_SERIES)
def test_html_says_the_same_as_text(kind: Kind) -> None:
    told = notification(kind, more=5, waits=2, reason="Rain & storm.\nSorry!")
    text = re.sub(r"http\S+", "", text_of(told))
    assert re.findall(r"\w+", seen(html_of(told))) == re.findall(r"\w+", text)


# -- Why it is cancelled --------------------------------------------------------


def test_reason_is_quoted_line_by_line() -> None:
    told = notification(Kind.EVENT_CANCELLED, reason="Rain.\r\n\r\n-- \nSorry!", guests=0)
    assert text_of(told).partition("\nWhen:")[0] == (
        "Hello ada,\n\n"
        "“Rooftop Jazz” is cancelled and will not take place.\n\n"
        "The organizer says:\n"
        "> Rain.\n> --\n> Sorry!\n\n"
        "This was the plan:\n"
    )


def test_reason_in_html_is_escaped() -> None:
    told = notification(Kind.EVENT_CANCELLED, reason="Rain & <b>storm</b>\nSorry!")
    quote = html_of(told).partition("<blockquote")[2].partition("</blockquote>")[0]
    assert quote.partition(">")[2] == "Rain &amp; &lt;b&gt;storm&lt;/b&gt;<br>Sorry!"


def test_short_text_gives_the_reason_in_one_line() -> None:
    told = notification(Kind.EVENT_CANCELLED, reason="Rain.\nSorry!")
    assert rendering.short_text(told) == (
        f'"Rooftop Jazz" is cancelled. It was planned for {WHEN}. Reason: Rain. Sorry!'
    )


def test_long_reason_is_cut_in_short_texts() -> None:
    told = rendering.short_text(notification(Kind.EVENT_CANCELLED, reason="x" * 500))
    assert told.partition("Reason: ")[2] == "x" * 99 + "…"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_reason_stays_text(text: str) -> None:
    told = notification(Kind.EVENT_CANCELLED, reason=text)
    assert names(sent(told)) == names(sent(notification(Kind.EVENT_CANCELLED)))
    assert "<script" not in html_of(told).lower()


@given(text=ANY_TEXT)
def test_any_reason_adds_no_header_and_no_line_of_ours(text: str) -> None:
    told = notification(Kind.EVENT_CANCELLED, reason=f"x\n{text}")
    assert names(sent(told)) == names(sent(notification(Kind.EVENT_CANCELLED)))
    [quoted] = text_of(told).split("The organizer says:\n")[1:]
    said, _, _ = quoted.partition("\n\nThis was the plan:")
    assert [line for line in said.split("\n") if not line.startswith("> ")] == []


@given(text=st.text(max_size=500))
def test_any_reason_fits_its_line(text: str) -> None:
    told = notification(Kind.EVENT_CANCELLED, reason=text)
    short = rendering.short_text(told)
    assert (short.splitlines(), len(short) <= 300) == ([short], True)
