"""The organizer is an id in the row and a name in the mail."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from notifications.models import Notification
from notifications.rendering import mail, short_text
from tests.notifications.kinds import Kind
from tests.notifications.notices import EVENT
from tests.notifications.told import tell


def told_of(user: User, *organizers: User) -> Notification:
    """In a digest, of an event of each."""
    notification = tell(user, Kind.NEW_IN_INTERESTS)
    events = [EVENT | {"organizer": "", "organizer_id": person.pk} for person in organizers]
    notification.user, notification.context = user, {"events": events}
    return notification


def body(notification: Notification) -> str:
    return str(mail(notification, "ada@example.com").body)


def test_mail_names_the_organizer(ada: User, olive: User) -> None:
    notification = tell(ada)
    event = {**EVENT, "organizer_id": olive.pk}
    del event["organizer"]
    notification.context = notification.context | {"event": event}
    assert "Organizer: olive" in body(notification)
    assert notification.context["event"] == event


def test_new_name_is_told_from_then_on(ada: User, olive: User) -> None:
    notification = told_of(ada, olive)
    User.objects.filter(pk=olive.pk).update(username="olivia")
    assert "Organizer: olivia" in body(notification)


def test_who_is_not_active_is_not_named(ada: User, olive: User) -> None:
    User.objects.filter(pk=olive.pk).update(is_active=False)
    assert "Organizer" not in body(told_of(ada, olive))


@pytest.mark.parametrize("times", [1, 3])
def test_names_cost_one_query(ada: User, olive: User, sam: User, times: int) -> None:
    notification = told_of(ada, *[olive, sam] * times)
    with CaptureQueriesContext(connection) as captured:
        body(notification)
    assert len(captured) == 1


def test_list_in_the_app_asks_for_no_name(ada: User, olive: User) -> None:
    notification = told_of(ada, olive)
    with CaptureQueriesContext(connection) as captured:
        short_text(notification)
    assert len(captured) == 0
