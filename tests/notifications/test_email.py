"""The e-mail channel, against a real mail server."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from accounts.models import User
from notifications.channels import DeliveryPostponed, DeliveryRefused, Recipient, email
from notifications.kinds import Channel
from notifications.models import Delivery, Notification
from tests.factories import UserFactory, unverify
from tests.mailbox import Mailbox
from tests.notifications.kinds import Kind


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.receive_mail_of(settings)
    settings.EMAIL_TIMEOUT = 2
    yield mailbox
    mailbox.stop()


@pytest.fixture
def delivery(ada: User) -> Delivery:
    now = timezone.now()
    event = {
        "id": 7,
        "title": "Café „Größe“",
        "starts_at": "2026-03-27T18:00:00+00:00",
        "ends_at": "2026-03-27T20:00:00+00:00",
        "timezone": "Europe/Berlin",
        "location": "Dachgarten",
        "sequence": 0,
        "organizer": "olive",
    }
    notification = Notification.objects.create(
        user=ada,
        kind=Kind.RSVP_CONFIRMED,
        event_id=7,
        occasion="answer 1",
        context={"event": event, "guests": 0},
        useful_until=now + timedelta(days=1),
    )
    return Delivery.objects.create(
        notification=notification, channel=Channel.EMAIL, address=ada.email, due_at=now
    )


def send(delivery: Delivery) -> None:
    with email.sender() as send_over_connection:
        send_over_connection(delivery)


def test_email_is_always_on() -> None:
    assert email.is_on() is True


def test_email_recipients_have_an_address(ada: User, sam: User) -> None:
    sam.email = ""
    assert email.recipients([ada, sam]) == {ada.pk: [Recipient("ada@example.com")]}


@pytest.mark.parametrize("verified", ["none", "another"])
def test_email_does_not_reach_an_unverified_address(ada: User, verified: str) -> None:
    unverify(ada)
    if verified == "another":
        EmailAddress.objects.create(user=ada, email="old@example.com", verified=True)
    assert email.recipients([ada]) == {ada.pk: [Recipient("ada@example.com", email.UNVERIFIED)]}


@pytest.mark.parametrize("people", [1, 3])
def test_email_recipients_cost_one_query(
    people: int, django_assert_num_queries: Any, db: None
) -> None:
    crowd = UserFactory.create_batch(people)
    with django_assert_num_queries(1):
        email.recipients(crowd)


def test_email_arrives_with_all_parts(mailbox: Mailbox, delivery: Delivery) -> None:
    send(delivery)
    [message] = mailbox.messages
    assert [(part.get_content_type(), part.get_filename()) for part in message.walk()] == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/html", None),
        ("text/calendar", "event.ics"),
    ]


def test_email_arrives_with_its_subject(mailbox: Mailbox, delivery: Delivery) -> None:
    send(delivery)
    [message] = mailbox.messages
    # Stripped, as mailers do: Django folds a long header right after its name.
    assert message["Subject"].strip() == "You are going: Café „Größe“, Fri 27 Mar 2026"


def test_email_goes_to_the_address_of_the_delivery(mailbox: Mailbox, delivery: Delivery) -> None:
    delivery.address = "ada@elsewhere.example"
    send(delivery)
    assert [message["To"] for message in mailbox.messages] == ["ada@elsewhere.example"]


def test_email_of_a_second_attempt_has_the_same_message_id(
    mailbox: Mailbox, delivery: Delivery
) -> None:
    send(delivery)
    send(Delivery.objects.get(pk=delivery.pk))
    first, second = (message["Message-ID"] for message in mailbox.messages)
    assert first == second


def test_email_to_an_unknown_recipient_is_refused(mailbox: Mailbox, delivery: Delivery) -> None:
    mailbox.refuse_recipients = "550 5.1.1 Nobody of that name"
    with pytest.raises(DeliveryRefused, match=r"^550 5\.1\.1 Nobody of that name$"):
        send(delivery)


def test_email_to_an_unknown_international_domain_is_refused(
    mailbox: Mailbox, delivery: Delivery
) -> None:
    mailbox.refuse_recipients = "550 5.1.2 No such domain"
    delivery.address = "ada@bücher.example"  # refused under its name in punycode
    with pytest.raises(DeliveryRefused, match=r"^550 5\.1\.2 No such domain$"):
        send(delivery)


def test_email_to_a_busy_recipient_is_tried_again(mailbox: Mailbox, delivery: Delivery) -> None:
    mailbox.refuse_recipients = "451 4.7.1 Come back later"
    with pytest.raises(DeliveryPostponed, match=r"^451 4\.7\.1 Come back later$"):
        send(delivery)


def test_email_is_tried_again_when_the_server_does_not_relay(
    mailbox: Mailbox, delivery: Delivery
) -> None:
    mailbox.refuse_recipients = "554 5.7.1 Relay access denied"
    with pytest.raises(DeliveryPostponed, match=r"^554 5\.7\.1 Relay access denied$"):
        send(delivery)


def test_email_with_refused_content_is_refused(mailbox: Mailbox, delivery: Delivery) -> None:
    mailbox.refuse_data = "554 5.7.1 Looks like spam"
    with pytest.raises(DeliveryRefused, match=r"^554 5\.7\.1 Looks like spam$"):
        send(delivery)


def test_email_is_tried_again_after_a_temporary_failure(
    mailbox: Mailbox, delivery: Delivery
) -> None:
    mailbox.refuse_data = "452 4.3.1 Disk full"
    with pytest.raises(DeliveryPostponed, match=r"^452 4\.3\.1 Disk full$"):
        send(delivery)


def test_email_from_a_refused_sender_is_tried_again(mailbox: Mailbox, delivery: Delivery) -> None:
    mailbox.refuse_senders = "550 5.7.1 Not from you"
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(delivery)


def test_email_is_tried_again_when_the_login_fails(
    mailbox: Mailbox, delivery: Delivery, settings: Any
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "events", "secret"
    mailbox.refuse_logins = True
    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(delivery)


def test_email_to_a_hanging_server_is_tried_again(
    mailbox: Mailbox, delivery: Delivery, settings: Any
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    mailbox.is_hanging = True
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(delivery)


def test_email_to_an_unreachable_server_is_tried_again(
    mailbox: Mailbox, delivery: Delivery, settings: Any, nowhere: str
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = nowhere.split(":")
    with pytest.raises(ConnectionRefusedError):
        send(delivery)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "Ada <ada@example.com>",
        "ada@example.com, eve@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "a" * 316 + "@x.org",
    ],
)
def test_email_to_an_invalid_address_is_refused(
    mailbox: Mailbox, delivery: Delivery, address: str
) -> None:
    delivery.address = address
    with pytest.raises(DeliveryRefused):
        send(delivery)


def test_email_with_an_invalid_sender_is_tried_again(
    mailbox: Mailbox, delivery: Delivery, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Event\nBooking <events@example.com>"
    with pytest.raises(ValueError, match="newlines"):
        send(delivery)


class SendsNothing(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        return 0


def test_email_that_the_backend_did_not_send_is_tried_again(
    delivery: Delivery, settings: Any
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.SendsNothing"
    with pytest.raises(smtplib.SMTPException):
        send(delivery)


def test_email_is_sent_once_the_server_recovers(mailbox: Mailbox, delivery: Delivery) -> None:
    mailbox.refuse_data = "452 4.3.1 Disk full"
    with pytest.raises(DeliveryPostponed, match=r"^452 4\.3\.1 Disk full$"):
        send(delivery)
    mailbox.refuse_data = ""
    send(delivery)
    assert len(mailbox.messages) == 1
