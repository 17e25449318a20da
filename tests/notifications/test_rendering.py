"""Every kind of notification about events as one line, as text and as HTML."""

import email
import html
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import compat32, default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from accounts.models import User
from notifications import rendering
from notifications.models import Notification
from notifications.unsubscribe import read_token
from tests.notifications.kinds import SWITCHABLE, Kind

# Needs no servers.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=200)
HOSTILE = (
    "{{ 7 }}{% now 'Y' %}",
    "<script>alert(1)</script>",
    "Jazz\r\nBcc: eve@example.com\r\n\r\nNew body",
    "=?utf-8?q?=0D=0ABcc:_eve=40example.com?=",
    '"Ada\'s" & <friends>',
    "x" * 200,
    "ü" * 200,
    "\ud800\u202e\0",
    "",
)
OF_EVENTS = [kind for kind in SWITCHABLE if kind != Kind.NEW_IN_INTERESTS]
WITH_CALENDAR = {
    Kind.RSVP_CONFIRMED: "CONFIRMED",
    Kind.PROMOTED: "CONFIRMED",
    Kind.EVENT_CHANGED: "CONFIRMED",
    Kind.RSVP_CANCELLED: "CANCELLED",
    Kind.EVENT_CANCELLED: "CANCELLED",
}


def event_data(**changes: Any) -> dict[str, Any]:
    """Return an event at 19:00 in Berlin and 14:00 in New York.

    It is two days before the clocks change in Europe.
    """
    return {
        "id": 7,
        "title": "Rooftop Jazz",
        "starts_at": "2026-03-27T18:00:00+00:00",
        "ends_at": "2026-03-27T20:00:00+00:00",
        "timezone": "Europe/Berlin",
        "location": "Dachgarten",
        "sequence": 3,
        "organizer": "olive",
    } | changes


def build_notification(
    kind: str = Kind.RSVP_CONFIRMED, zone: str = "Europe/Berlin", **context: Any
) -> Notification:
    """Build a notification without saving it; `event` changes the data of the event."""
    event = event_data(**context.pop("event", {}))
    data = {
        "event": event,
        "guests": 2,
        "now": "interested",
        "amount": "25.00 EUR",
        "before": {"starts_at": "2026-03-26T18:00:00+00:00", "ends_at": "2026-03-26T20:00:00+00:00"}
        | {"location": "Keller"},
    }
    if kind == Kind.NEW_IN_INTERESTS:
        data = {"events": [event | {"category": "Music"}]}
    return Notification(
        pk=12,
        user=User(pk=5, username="ada", timezone=zone),
        kind=kind,
        context=data | context,
        created_at=datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC),
    )


def parsed_mail(notification: Notification) -> EmailMessage:
    """Return the mail as a mail client parses it."""
    raw = rendering.mail(notification, "ada@example.com").message().as_bytes()
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(notification: Notification) -> str:
    return str(rendering.mail(notification, "ada@example.com").body)


def html_of(notification: Notification) -> str:
    [(page, _)] = rendering.mail(notification, "ada@example.com").alternatives
    return str(page)


def visible_text(page: str) -> str:
    """Return the text that the body of an HTML page shows."""
    body = page[page.index("<body") :]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def lines(text: str, *labels: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(labels)]


# -- Content of each kind -------------------------------------------------------


def test_subject_of_each_kind() -> None:
    assert {kind.value: rendering.subject(build_notification(kind)) for kind in SWITCHABLE} == {
        "rsvp_confirmed": "You are going: Rooftop Jazz, Fri 27 Mar 2026",
        "waitlisted": "On the waitlist: Rooftop Jazz, Fri 27 Mar 2026",
        "promoted": "You are in: Rooftop Jazz, Fri 27 Mar 2026",
        "rsvp_cancelled": "RSVP cancelled: Rooftop Jazz, Fri 27 Mar 2026",
        "event_changed": "Changed: Rooftop Jazz, Fri 27 Mar 2026",
        "event_cancelled": "Cancelled: Rooftop Jazz, Fri 27 Mar 2026",
        "reminder": "Reminder: Rooftop Jazz, Fri 27 Mar 2026",
        "review_request": "How was it? Rooftop Jazz, Fri 27 Mar 2026",
        "new_in_interests": "1 new event for you: Rooftop Jazz",
        "payment_receipt": "Receipt: 25.00 EUR for Rooftop Jazz",
        "refunded": "Refund: 25.00 EUR for Rooftop Jazz",
    }


def test_short_text_of_each_kind() -> None:
    when = "Fri 27 Mar 2026, 19:00 Europe/Berlin"
    assert {kind.value: rendering.short_text(build_notification(kind)) for kind in SWITCHABLE} == {
        "rsvp_confirmed": f'You are going to "Rooftop Jazz" with 2 guests: {when}.',
        "waitlisted": f'You are on the waitlist of "Rooftop Jazz" with 2 guests: {when}.',
        "promoted": f'You are off the waitlist and going to "Rooftop Jazz" with 2 guests: {when}.',
        "rsvp_cancelled": 'Your RSVP to "Rooftop Jazz" is cancelled; '
        f"you are still interested: {when}.",
        "event_changed": f'"Rooftop Jazz" has changed: now {when}, at Dachgarten.',
        "event_cancelled": f'"Rooftop Jazz" is cancelled. It was planned for {when}.',
        "reminder": f'Reminder: "Rooftop Jazz" with 2 guests, {when}.',
        "review_request": 'How was "Rooftop Jazz"? Rate it with one to five stars and write why.',
        "new_in_interests": f'1 new event for you: "Rooftop Jazz", {when}.',
        "payment_receipt": 'You paid 25.00 EUR for "Rooftop Jazz".',
        "refunded": 'You get 25.00 EUR back for "Rooftop Jazz".',
    }


def test_text_is_complete(settings: Any) -> None:
    settings.FRONTEND_URL = "https://example.com"
    text = text_of(build_notification(Kind.RSVP_CONFIRMED, zone="America/New_York"))
    assert text.partition("\nUnsubscribe")[0] == (
        "Hello ada,\n\n"
        "You are going to “Rooftop Jazz” with 2 guests.\n\n"
        "When: Friday 27 March 2026, 14:00–16:00, America/New_York\n"
        "Local time: Friday 27 March 2026, 19:00–21:00, Europe/Berlin\n"
        "Where: Dachgarten\n"
        "Organizer: olive\n"
        "See the event: https://example.com/events/7\n\n"
        "Open the attached event.ics to update your calendar.\n\n"
        "-- \n"
        'You get "RSVP confirmed" mails because they are on in your notification settings.'
    )


@pytest.mark.parametrize("kind", SWITCHABLE)
def test_html_says_the_same_as_text(kind: Kind) -> None:
    notification = build_notification(kind, zone="America/New_York")
    text = re.sub(r"http\S+", "", text_of(notification))
    assert re.findall(r"\w+", visible_text(html_of(notification))) == re.findall(r"\w+", text)


@pytest.mark.parametrize("kind", SWITCHABLE)
def test_text_names_event_and_time(kind: Kind) -> None:
    text = text_of(build_notification(kind))
    assert (text.count("Rooftop Jazz"), lines(text, "When")) == (
        1,
        ["When: Friday 27 March 2026, 19:00–21:00, Europe/Berlin"],
    )


@pytest.mark.parametrize("kind", SWITCHABLE)
def test_html_links_to_event_and_unsubscribe(kind: Kind, settings: Any) -> None:
    settings.FRONTEND_URL, settings.BASE_URL = "https://example.com", "https://api.example.com"
    hrefs = re.findall(r'href="([^"]*)"', html_of(build_notification(kind)))
    assert [href.rpartition("/unsubscribe/")[0] or href for href in hrefs] == [
        "https://example.com/events/7",
        "https://api.example.com/api/notifications",
    ]


def test_changed_event_shows_the_old_time_and_place() -> None:
    assert lines(
        text_of(build_notification(Kind.EVENT_CHANGED)), "Time before", "Place before"
    ) == [
        "Time before: Thursday 26 March 2026, 19:00–21:00, Europe/Berlin",
        "Place before: Keller",
    ]


def test_changed_place_does_not_mention_the_time() -> None:
    notification = build_notification(Kind.EVENT_CHANGED, before={"location": "Keller"})
    assert lines(text_of(notification), "Time before", "Place before") == ["Place before: Keller"]


def test_postponed_event_has_no_time_yet() -> None:
    notification = build_notification(Kind.EVENT_CHANGED, before=None, is_postponed=True)
    assert parsed_mail(notification)["Subject"].startswith("Postponed: ")
    for text in (text_of(notification), visible_text(html_of(notification))):
        assert "is postponed. The new time is not known yet" in text
        assert "has changed" not in text
    assert [part.get_content_type() for part in parsed_mail(notification).walk()].count(
        "text/calendar"
    ) == 0


def test_changed_zone_shows_both_times() -> None:
    notification = build_notification(
        Kind.EVENT_CHANGED, zone="UTC", before={"timezone": "Europe/London", "location": ""}
    )
    assert lines(text_of(notification), "Time", "Place", "Local") == [
        "Time before: Friday 27 March 2026, 18:00–20:00, UTC",
        "Place before: none",
        "Local time: Friday 27 March 2026, 19:00–21:00, Europe/Berlin",
    ]


def test_cancelled_rsvp_without_interest_is_short() -> None:
    text = rendering.short_text(build_notification(Kind.RSVP_CANCELLED, now="cancelled"))
    assert text == (
        'Your RSVP to "Rooftop Jazz" is cancelled: Fri 27 Mar 2026, 19:00 Europe/Berlin.'
    )


_HELD_UNTIL = "2026-03-20T18:30:00+00:00"


@pytest.mark.parametrize(
    ("kind", "context", "words"),
    [
        (
            Kind.RSVP_CANCELLED,
            {"unpaid": "expired", "pay_by": _HELD_UNTIL},
            "with 2 guests were held until Fri 20 Mar 2026, 19:30",
        ),
        (Kind.RSVP_CANCELLED, {"unpaid": "failed", "pay_by": _HELD_UNTIL}, "has failed"),
        (Kind.WAITLISTED, {"only_seats": 2}, "now has 2 seats"),
        (Kind.WAITLISTED, {"only_tickets": 1, "ticket_type": "VIP"}, "now has 1 ticket of the"),
    ],
    ids=["expired", "failed", "seats", "tickets"],
)
def test_variant_in_html_says_the_same_as_text(
    kind: Kind, context: dict[str, Any], words: str
) -> None:
    notification = build_notification(kind, **context)
    text = re.sub(r"http\S+", "", text_of(notification))
    assert re.findall(r"\w+", visible_text(html_of(notification))) == re.findall(r"\w+", text)
    assert words in text


@pytest.mark.parametrize("kind", [Kind.EVENT_CHANGED, Kind.EVENT_CANCELLED])
def test_calendar_needs_a_seat(kind: Kind) -> None:
    def attached(has_seat: bool) -> int:
        return len(
            rendering.mail(build_notification(kind, has_seat=has_seat), "a@b.example").attachments
        )

    assert (attached(True), attached(False)) == (1, 0)


def test_deleted_event_has_no_link() -> None:
    text = text_of(build_notification(Kind.EVENT_CANCELLED, event={"is_gone": True}))
    assert "See the event" not in text


def test_one_guest_is_singular() -> None:
    text = rendering.short_text(build_notification(guests=1))
    assert text.partition(":")[0] == 'You are going to "Rooftop Jazz" with 1 guest'


def test_digest_lists_every_event() -> None:
    events = [
        event_data(id=number, title=f"Event {number}", category="Music") for number in (1, 2, 3)
    ]
    notification = build_notification(Kind.NEW_IN_INTERESTS, events=events)
    assert (rendering.subject(notification), lines(text_of(notification), "“")) == (
        "3 new events for you: Event 1 and more",
        ["“Event 1” (Music)", "“Event 2” (Music)", "“Event 3” (Music)"],
    )


# -- Times ----------------------------------------------------------------------


def when_lines(zone: str, **event: Any) -> list[str]:
    return lines(text_of(build_notification(zone=zone, event=event)), "When", "Local time")


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "shown"),
    [
        # Between the changes of America (8 March) and Europe (29 March) they are 5 hours apart.
        ("2026-03-06T18:00Z", "2026-03-06T20:00Z", "Friday 6 March 2026, 13:00–15:00"),
        ("2026-03-27T18:00Z", "2026-03-27T20:00Z", "Friday 27 March 2026, 14:00–16:00"),
        ("2026-04-03T17:00Z", "2026-04-03T19:00Z", "Friday 3 April 2026, 13:00–15:00"),
    ],
)
def test_seven_in_berlin_is_converted_to_new_york(starts_at: str, ends_at: str, shown: str) -> None:
    there = shown.partition(",")[0]
    assert when_lines("America/New_York", starts_at=starts_at, ends_at=ends_at) == [
        f"When: {shown}, America/New_York",
        f"Local time: {there}, 19:00–21:00, Europe/Berlin",
    ]


def test_default_zone_also_shows_the_local_time() -> None:
    assert when_lines("UTC") == [
        "When: Friday 27 March 2026, 18:00–20:00, UTC",
        "Local time: Friday 27 March 2026, 19:00–21:00, Europe/Berlin",
    ]


def test_another_zone_with_the_same_clock_is_not_named() -> None:
    assert when_lines("Europe/Paris") == ["When: Friday 27 March 2026, 19:00–21:00, Europe/Paris"]


def test_all_day_event_has_days_and_no_clock() -> None:
    assert when_lines("America/New_York", days=["2026-03-27", "2026-03-27"]) == [
        "When: Friday 27 March 2026, all day"
    ]


def test_all_day_event_over_several_days_names_the_first_and_the_last() -> None:
    notification = build_notification(event={"days": ["2026-03-27", "2026-03-29"]})
    assert lines(text_of(notification), "When") == [
        "When: Friday 27 March 2026 – Sunday 29 March 2026, all day"
    ]


def test_event_over_midnight_names_both_days() -> None:
    assert when_lines("Europe/Berlin", ends_at="2026-03-28T01:00Z") == [
        "When: Friday 27 March 2026, 19:00 – Saturday 28 March 2026, 02:00, Europe/Berlin"
    ]


def test_short_text_names_both_days_when_they_differ() -> None:
    text = rendering.short_text(build_notification(zone="Asia/Tokyo", guests=0))
    assert text.partition(": ")[2] == (
        "Sat 28 Mar 2026, 03:00 Asia/Tokyo (Fri 27 Mar 2026, 19:00 Europe/Berlin)."
    )


def test_repeated_hour_names_the_offset() -> None:
    assert when_lines(
        "Europe/Berlin", starts_at="2026-10-25T00:30Z", ends_at="2026-10-25T01:30Z"
    ) == ["When: Sunday 25 October 2026, 02:30 CEST–02:30 CET, Europe/Berlin"]


# -- The mail -------------------------------------------------------------------


@pytest.mark.parametrize("kind", SWITCHABLE)
def test_mail_has_the_parts_of_its_kind(kind: Kind) -> None:
    alternative = ["multipart/alternative", "text/plain", "text/html"]
    mixed = ["multipart/mixed", *alternative, "text/calendar"]
    expected = mixed if kind in WITH_CALENDAR else alternative
    assert [
        part.get_content_type() for part in parsed_mail(build_notification(kind)).walk()
    ] == expected


@pytest.mark.parametrize(("kind", "status"), WITH_CALENDAR.items())
def test_mail_attaches_a_calendar_file(kind: Kind, status: str) -> None:
    [part] = parsed_mail(build_notification(kind)).iter_attachments()
    [event] = Calendar.from_ical(part.get_content()).walk("VEVENT")
    assert (
        part.get_filename(),
        part.get_param("method"),
        part.get_content_charset(),
        event["STATUS"],
        event.decoded("DTSTAMP"),
    ) == ("event.ics", "PUBLISH", "utf-8", status, datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC))


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("kind", SWITCHABLE)
def test_mail_has_the_bytes_that_the_standard_library_writes(kind: Kind, title: str) -> None:
    message = rendering.mail(
        build_notification(kind, event={"title": title}), "ada@example.com"
    ).message()
    quick = message.as_bytes()
    message.policy = compat32
    assert quick == message.as_bytes()


def test_each_part_of_each_mail_has_a_boundary_of_its_own() -> None:
    boundaries = [
        part.get_boundary()
        for _ in range(2)
        for part in parsed_mail(build_notification()).walk()
        if part.is_multipart()
    ]
    assert len(set(boundaries)) == len(boundaries) == 4


def test_mail_headers(settings: Any) -> None:
    settings.BASE_URL = "https://api.example.com"
    settings.DEFAULT_FROM_EMAIL = "Event Booking <events@example.com>"
    message = parsed_mail(build_notification(Kind.REMINDER))
    headers = {name: value.strip() for name, value in message.items()}
    link = headers.pop("List-Unsubscribe")
    assert link.startswith("<https://api.example.com/api/notifications/unsubscribe/")
    for varying in ("Content-Type", "Date"):
        del headers[varying]
    assert headers == {
        "MIME-Version": "1.0",
        "Subject": "Reminder: Rooftop Jazz, Fri 27 Mar 2026",
        "From": "Event Booking <events@example.com>",
        "To": "ada@example.com",
        "Message-ID": "<12.1772368215.123456.email@example.com>",
        "X-Notification-Kind": "reminder",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def test_mail_from_an_international_domain_has_an_ascii_message_id(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "events@bücher.example"
    assert (
        parsed_mail(build_notification())["Message-ID"]
        == "<12.1772368215.123456.email@xn--bcher-kva.example>"
    )


def test_mail_has_the_same_link_in_header_text_and_html() -> None:
    message = rendering.mail(build_notification(), "ada@example.com")
    link = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert message.body_contains(link)


def test_unsubscribe_link_is_for_its_reader_and_kind() -> None:
    link = str(
        rendering.mail(build_notification(), "a@example.com").extra_headers["List-Unsubscribe"]
    )
    user_id, kind = read_token(link.split("/")[-2])
    assert (user_id, kind.name) == (5, Kind.RSVP_CONFIRMED)


# -- Untrusted input ------------------------------------------------------------


def hostile(kind: str, text: str) -> Notification:
    event = {"title": text, "location": text, "organizer": text, "category": text}
    before = {"location": text}
    if kind == Kind.NEW_IN_INTERESTS:
        return build_notification(kind, zone="Asia/Tokyo", event=event)
    return build_notification(kind, zone="Asia/Tokyo", event=event, before=before)


def header_names(message: EmailMessage) -> list[str]:
    return [name for part in message.walk() for name, _ in part.items()]


@pytest.mark.parametrize("kind", SWITCHABLE)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(kind: Kind, text: str) -> None:
    notification = hostile(kind, text)
    message = parsed_mail(notification)
    assert (header_names(message), "<script" in html_of(notification).lower()) == (
        header_names(parsed_mail(build_notification(kind))),
        False,
    )


@given(kind=st.sampled_from(SWITCHABLE), text=ANY_TEXT)
def test_any_text_stays_text(kind: Kind, text: str) -> None:
    message = parsed_mail(hostile(kind, text))
    assert header_names(message) == header_names(parsed_mail(build_notification(kind)))


@given(kind=st.sampled_from(SWITCHABLE), text=ANY_TEXT)
def test_any_text_fits_its_line(kind: Kind, text: str) -> None:
    notification = hostile(kind, text)
    subject, short = rendering.subject(notification), rendering.short_text(notification)
    assert (subject.splitlines(), short.splitlines()) == ([subject], [short])
    assert len(subject) <= 150 and len(short) <= 300


@given(kind=st.sampled_from(SWITCHABLE), text=ANY_TEXT)
def test_any_subject_arrives_unchanged(kind: Kind, text: str) -> None:
    notification = hostile(kind, text)
    assert parsed_mail(notification)["Subject"].split() == rendering.subject(notification).split()


@given(kind=st.sampled_from(SWITCHABLE), text=ANY_TEXT)
def test_any_text_adds_no_markup(kind: Kind, text: str) -> None:
    tags = re.compile(r"<[a-z/!][^>]*>")
    expected = [tag for tag in tags.findall(html_of(hostile(kind, "x"))) if "href" not in tag]
    found = [tag for tag in tags.findall(html_of(hostile(kind, f"x{text}"))) if "href" not in tag]
    assert found == expected


@given(kind=st.sampled_from(SWITCHABLE), text=ANY_TEXT)
def test_any_text_adds_no_line(kind: Kind, text: str) -> None:
    plain = text_of(hostile(kind, "x"))
    assert len(text_of(hostile(kind, f"x{text}")).splitlines()) == len(plain.splitlines())


def test_template_tags_in_a_title_are_shown() -> None:
    notification = build_notification(event={"title": "{{ username }}{% now 'Y' %}"})
    assert (
        rendering.subject(notification)
        == "You are going: {{ username }}{% now 'Y' %}, Fri 27 Mar 2026"
    )


def test_title_in_text_is_not_escaped() -> None:
    notification = build_notification(event={"title": 'Ada\'s <b> & "co"'})
    assert rendering.subject(notification) == 'You are going: Ada\'s <b> & "co", Fri 27 Mar 2026'


def test_title_in_html_is_escaped() -> None:
    page = html_of(build_notification(event={"title": "<b> & 'co'"}))
    assert re.findall(r"<strong>(.*co.*)</strong>", page) == ["&lt;b&gt; &amp; &#x27;co&#x27;"]


def test_long_title_is_shortened() -> None:
    text = rendering.subject(build_notification(event={"title": "x" * 200}))
    assert text == f"You are going: {'x' * 79}…, Fri 27 Mar 2026"


@pytest.mark.parametrize("kind", OF_EVENTS)
def test_bare_context_is_enough(kind: Kind) -> None:
    bare = {name: event_data()[name] for name in ("id", "title", "starts_at", "ends_at")}
    notification = build_notification(kind)
    notification.context = {"event": bare}
    assert lines(text_of(notification), "When", "Local", "Where", "Organizer") == [
        "When: Friday 27 March 2026, 19:00–21:00, Europe/Berlin",
        "Local time: Friday 27 March 2026, 18:00–20:00, UTC",
    ]
