"""The mail that confirms a seat brings the ticket: a QR code beside its HTML, and a link."""

import email
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from io import BytesIO
from typing import Any

import pytest
import segno
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings
from time_machine import travel

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event, update_event
from notifications import rendering
from notifications.models import Delivery, Notification
from notifications.relay.planning import plan_all
from notifications.tasks import relay
from rsvp.models import Rsvp
from rsvp.services import join_event, join_series, leave_event, mark_interested
from rsvp.tickets import MAIL_MASK, code_of
from tests.client import Api
from tests.factories import EventFactory, fill
from tests.notifications.kinds import Kind
from tests.rsvp.dates import series_with

SCALE, BORDER = 8, 4


def sent(kind: Kind) -> EmailMessage:
    """Return the only mail of this kind, as it was sent."""
    relay()
    [message] = [m for m in mail.outbox if m.extra_headers["X-Notification-Kind"] == kind]
    return parsed(message.message().as_bytes())


def parsed(message: bytes) -> EmailMessage:
    return email.message_from_bytes(message, policy=default)


def structure(part: Any) -> Any:
    """Return the types of a message's parts, as nested lists."""
    if not part.is_multipart():
        return part.get_content_type()
    return [part.get_content_subtype(), *map(structure, part.iter_parts())]


def picture_of(message: EmailMessage) -> EmailMessage:
    [picture] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    return picture


def modules_of(png: bytes) -> list[list[bool]]:
    """Return which modules of the QR code are dark."""
    picture = Image.open(BytesIO(png)).convert("L")
    side = picture.width // SCALE - 2 * BORDER
    at = [(BORDER + number) * SCALE + SCALE // 2 for number in range(side)]
    return [[picture.getpixel((x, y)) == 0 for x in at] for y in at]


def modules_for(rsvp: Rsvp) -> list[list[bool]]:
    matrix = segno.make_qr(code_of(rsvp), error="m", mask=MAIL_MASK).matrix
    return [[bool(module) for module in row] for row in matrix]


def html_of(message: EmailMessage) -> str:
    [html] = [part for part in message.walk() if part.get_content_type() == "text/html"]
    return str(html.get_content())


def text_of(message: EmailMessage) -> str:
    [text] = [part for part in message.walk() if part.get_content_type() == "text/plain"]
    return str(text.get_content())


def has_ticket(message: EmailMessage) -> bool:
    is_shown = "cid:" in html_of(message)
    assert is_shown == ("Your ticket" in text_of(message))
    assert is_shown == any(part.get_content_type() == "image/png" for part in message.walk())
    return is_shown


def promote(event: Event, person: User) -> None:
    """Put the person on the waitlist, then free a seat for them."""
    [holder] = fill(event, 1)
    join_event(event_id=event.pk, attendee=person)
    leave_event(event_id=event.pk, attendee=holder)


def test_picture_is_the_ticket(event: Event, ada: User) -> None:
    rsvp, _ = join_event(event_id=event.pk, attendee=ada)
    picture = picture_of(sent(Kind.RSVP_CONFIRMED))
    assert modules_of(picture.get_content()) == modules_for(rsvp)


def test_html_shows_the_attached_picture(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    message = sent(Kind.RSVP_CONFIRMED)
    picture = picture_of(message)
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html_of(message)
    assert picture.get_content_disposition() == "inline"
    assert structure(message) == [
        "mixed",
        ["alternative", "text/plain", ["related", "text/html", "image/png"]],
        "text/calendar",
    ]


def test_mail_links_to_the_ticket_and_the_link_holds_no_code(
    event: Event, ada: User, settings: Settings
) -> None:
    rsvp, _ = join_event(event_id=event.pk, attendee=ada)
    message = sent(Kind.RSVP_CONFIRMED)
    link = f"{settings.FRONTEND_URL}/events/{event.pk}/ticket"
    assert f'href="{link}"' in html_of(message)
    assert link in text_of(message)
    assert code_of(rsvp).partition(":")[2] not in html_of(message) + text_of(message)


def test_code_of_the_mail_checks_in(event: Event, olive: User, ada: User, as_olive: Api) -> None:
    """The mail and the app have the same code."""
    rsvp, _ = join_event(event_id=event.pk, attendee=ada)
    shown = Api(ada).get(f"/events/{event.pk}/ticket/")["code"]
    assert modules_of(picture_of(sent(Kind.RSVP_CONFIRMED)).get_content()) == modules_for(rsvp)
    assert shown == code_of(rsvp)


def test_promotion_mail_has_the_ticket(ada: User) -> None:
    event = EventFactory.create(max_attendees=1)
    promote(event, ada)
    picture = picture_of(sent(Kind.PROMOTED))
    rsvp = Rsvp.objects.get(event=event, user=ada)
    assert modules_of(picture.get_content()) == modules_for(rsvp)


def test_party_has_one_ticket(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada, guests=1)
    assert "Your ticket for 2 people" in html_of(sent(Kind.RSVP_CONFIRMED))


def test_series_says_that_the_ticket_is_for_one_date(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    message = sent(Kind.RSVP_CONFIRMED)
    assert "each date has its own ticket" in html_of(message)
    first = Rsvp.objects.get(event=dates[0], user=ada)
    assert modules_of(picture_of(message).get_content()) == modules_for(first)


class TestNoTicket:
    def test_waitlist_mail_has_no_ticket(self, ada: User) -> None:
        event = EventFactory.create(max_attendees=1)
        fill(event, 1)
        join_event(event_id=event.pk, attendee=ada)
        assert not has_ticket(sent(Kind.WAITLISTED))

    @pytest.mark.parametrize("leave", [leave_event, mark_interested])
    def test_mail_has_no_ticket_after_giving_up_the_seat(
        self, event: Event, ada: User, leave: Any
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        leave(event_id=event.pk, attendee=ada)
        assert not has_ticket(sent(Kind.RSVP_CONFIRMED))

    def test_mail_has_no_ticket_after_the_event_was_cancelled(
        self, event: Event, ada: User
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        cancel_event(event_id=event.pk)
        assert not has_ticket(sent(Kind.RSVP_CONFIRMED))

    def test_other_mails_of_the_event_have_no_ticket(self, event: Event, ada: User) -> None:
        join_event(event_id=event.pk, attendee=ada)
        leave_event(event_id=event.pk, attendee=ada)
        relay()
        mails = [parsed(message.message().as_bytes()) for message in mail.outbox]
        assert [has_ticket(message) for message in mails] == [False, False]


def test_retried_mail_has_the_current_ticket(event: Event, ada: User) -> None:
    """A seat that was given back and taken again has another ticket; the first one is void."""
    join_event(event_id=event.pk, attendee=ada)
    plan_all()
    leave_event(event_id=event.pk, attendee=ada)
    rsvp, _ = join_event(event_id=event.pk, attendee=ada)
    first = Notification.objects.filter(kind=Kind.RSVP_CONFIRMED).earliest("id")
    message = parsed(rendering.mail(first, ada.email).message().as_bytes())
    assert rsvp.ticket_no == 1
    assert modules_of(picture_of(message).get_content()) == modules_for(rsvp)


def test_outbox_and_log_hold_no_code(
    event: Event, ada: User, settings: Settings, nowhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    """This includes mails that could not be sent."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, port = nowhere.split(":")
    settings.EMAIL_PORT = int(port)
    rsvp, _ = join_event(event_id=event.pk, attendee=ada)
    relay()
    assert Delivery.objects.get().error != ""
    rows = [*Notification.objects.values(), *Delivery.objects.values()]
    signature = code_of(rsvp).rpartition(":")[2]
    assert signature not in str(rows) + caplog.text


def test_mail_with_a_ticket_is_small(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    relay()
    assert len(mail.outbox[0].message().as_bytes()) < 10_000


def test_ticket_costs_one_query(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    notification = Notification.objects.select_related("user").get()
    with CaptureQueriesContext(connection) as captured:
        rendering.mail(notification, ada.email)
    assert len(captured) == 2  # the organizer, the seat


def test_change_after_the_confirmation_leaves_the_ticket(event: Event, ada: User) -> None:
    """It contains no time, so it stays valid if the event is moved."""
    rsvp, _ = join_event(event_id=event.pk, attendee=ada)
    before = code_of(rsvp)
    later = event.start_time + timedelta(hours=1)
    with travel(timezone.now() + timedelta(seconds=1)):
        update_event(
            event_id=event.pk, changes={"start_time": later, "end_time": later + timedelta(hours=1)}
        )
    assert code_of(Rsvp.objects.get(pk=rsvp.pk)) == before
