"""Replies to mails about an event go to its organizer's contact address."""

from typing import Any

import pytest
from django.core import mail

from accounts.models import User
from accounts.services.lifecycle import deactivate
from accounts.tasks import answer_mail_requests
from notifications.models import Notification
from notifications.rendering import mail as render
from notifications.tasks import relay
from rsvp.services import join_event
from tests.client import Api, refusal
from tests.factories import EventFactory
from tests.notifications.kinds import SWITCHABLE, Kind
from tests.notifications.notices import EVENT
from tests.notifications.outbox import create_notification

CONTACT = "hello@rooftop-jazz.example"
PROFILE = "/users/profile/"


@pytest.fixture
def organizer(olive: User) -> User:
    User.objects.filter(pk=olive.pk).update(contact_email=CONTACT)
    return olive


def reply_to(user: User, kind: Kind, organizer: User) -> str | None:
    notification = create_notification(user, kind)
    if "event" in notification.context:
        notification.context["event"] = EVENT | {"organizer_id": organizer.pk}
    header = render(notification, user.email).message()["Reply-To"]
    return str(header) if header else None


@pytest.mark.parametrize("kind", [kind for kind in SWITCHABLE if kind != Kind.NEW_IN_INTERESTS])
def test_reply_to_a_mail_about_an_event_reaches_its_organizer(
    ada: User, organizer: User, kind: Kind
) -> None:
    assert reply_to(ada, kind, organizer) == CONTACT


@pytest.mark.parametrize("kind", [Kind.NEW_IN_INTERESTS, Kind.ACCOUNT_SECURITY])
def test_mails_about_several_events_or_the_account_have_no_reply_to(
    ada: User, organizer: User, kind: Kind
) -> None:
    assert reply_to(ada, kind, organizer) is None


def test_mails_with_account_links_have_no_reply_to(organizer: User) -> None:
    """Also when the mail is about the organizer's own account."""
    Api().post("/password/reset/", {"email": organizer.email}, expect=202)
    answer_mail_requests()
    [message] = mail.outbox
    assert "Reply-To" not in message.message()


def test_mail_without_a_contact_address_has_no_reply_to(ada: User, olive: User) -> None:
    assert reply_to(ada, Kind.REMINDER, olive) is None


def test_address_of_an_inactive_organizer_is_not_used(ada: User, organizer: User) -> None:
    deactivate(user=organizer)
    assert reply_to(ada, Kind.REMINDER, organizer) is None


def test_address_is_read_when_the_mail_is_sent(ada: User, as_olive: Api, olive: User) -> None:
    """The outbox holds no address, so that an erased person leaves none."""
    event = EventFactory.create(created_by=olive)
    join_event(event_id=event.pk, attendee=ada)
    as_olive.patch(PROFILE, {"contact_email": CONTACT})
    relay()
    [message] = mail.outbox
    assert message.reply_to == [CONTACT]
    assert CONTACT not in str(list(Notification.objects.values()))


def test_international_domain_arrives_in_ascii(ada: User, organizer: User) -> None:
    User.objects.filter(pk=organizer.pk).update(contact_email="post@müller.example")
    assert reply_to(ada, Kind.REMINDER, organizer) == "post@xn--mller-kva.example"


class TestProfile:
    def test_contact_address_is_empty_until_it_is_set(self, as_olive: Api) -> None:
        assert as_olive.get(PROFILE)["contact_email"] == ""
        assert as_olive.patch(PROFILE, {"contact_email": CONTACT})["contact_email"] == CONTACT
        assert as_olive.put(PROFILE, {"bio": "Plays."})["contact_email"] == CONTACT
        assert as_olive.patch(PROFILE, {"contact_email": ""})["contact_email"] == ""

    def test_contact_address_is_stored_in_one_form(self, organizer: User) -> None:
        """Both in the API and in the admin."""
        organizer.contact_email = "Post@Müller.example"
        organizer.save()
        organizer.refresh_from_db()
        assert organizer.contact_email == "post@xn--mller-kva.example"

    @pytest.mark.parametrize(
        ("address", "code"),
        [
            pytest.param("olive", "invalid", id="no-address"),
            pytest.param("a@example.com, b@example.com", "invalid", id="two"),
            pytest.param("Olive <a@example.com>", "invalid", id="with-name"),
            pytest.param("a@example.com\nBcc: eve@example.com", "invalid", id="another-header"),
            pytest.param("a@example.com\r\n\r\nBody", "invalid", id="another-body"),
            pytest.param("a\u2028@example.com", "invalid", id="line-separator"),
            pytest.param("x" * 250 + "@example.com", "max_length", id="too-long"),
            pytest.param(None, "null", id="null"),
            pytest.param(5, "invalid", id="number"),
        ],
    )
    def test_invalid_address_is_refused(self, as_olive: Api, address: Any, code: str) -> None:
        problem = as_olive.patch(PROFILE, {"contact_email": address}, expect=400)
        assert ("contact_email", code) in refusal(problem)
        assert as_olive.get(PROFILE)["contact_email"] == ""

    def test_others_do_not_see_the_contact_address(self, as_sam: Api, organizer: User) -> None:
        """Only mails to attendees contain it, and no response of the API."""
        event = EventFactory.create(created_by=organizer)
        assert CONTACT not in str(as_sam.get(f"/events/{event.pk}/"))
