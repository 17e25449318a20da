"""Rows store the organizer's ID, and mails show the name."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from notifications.models import Notification
from notifications.rendering import mail, short_text
from tests.notifications.kinds import Kind
from tests.notifications.notices import EVENT
from tests.notifications.outbox import create_notification


def digest_of(user: User, *organizers: User) -> Notification:
    """Create a digest with one event of each organizer."""
    notification = create_notification(user, Kind.NEW_IN_INTERESTS)
    events = [EVENT | {"organizer": "", "organizer_id": person.pk} for person in organizers]
    notification.user, notification.context = user, {"events": events}
    return notification


def body(notification: Notification) -> str:
    return str(mail(notification, "ada@example.com").body)


def test_mail_names_the_organizer(ada: User, olive: User) -> None:
    notification = create_notification(ada)
    event = {**EVENT, "organizer_id": olive.pk}
    del event["organizer"]
    notification.context = notification.context | {"event": event}
    assert "Organizer: olive" in body(notification)
    assert notification.context["event"] == event


def test_mail_shows_the_new_name(ada: User, olive: User) -> None:
    notification = digest_of(ada, olive)
    User.objects.filter(pk=olive.pk).update(username="olivia")
    assert "Organizer: olivia" in body(notification)


def test_inactive_organizer_is_not_named(ada: User, olive: User) -> None:
    User.objects.filter(pk=olive.pk).update(is_active=False)
    assert "Organizer" not in body(digest_of(ada, olive))


@pytest.mark.parametrize("times", [1, 3])
def test_names_cost_one_query(ada: User, olive: User, sam: User, times: int) -> None:
    notification = digest_of(ada, *[olive, sam] * times)
    with CaptureQueriesContext(connection) as captured:
        body(notification)
    assert len(captured) == 1


def test_short_text_needs_no_query(ada: User, olive: User) -> None:
    notification = digest_of(ada, olive)
    with CaptureQueriesContext(connection) as captured:
        short_text(notification)
    assert len(captured) == 0
