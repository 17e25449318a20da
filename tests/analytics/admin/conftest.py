"""People and events of the dashboards."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event, Helper
from rsvp.check_in import Scan, check_in
from rsvp.services import join_event
from tests.analytics.admin.pages import Show, staff
from tests.factories import EventFactory, UserFactory, begin


@pytest.fixture
def olive(olive: User) -> User:
    """Staff without any permission on models."""
    return staff(olive)


@pytest.fixture
def helen(event: Event) -> User:
    """A helper at Olive's event; staff without any permission on models."""
    helen = staff(UserFactory.create(username="helen"))
    Helper.objects.create(event=event, user=helen)
    return helen


@pytest.fixture
def foreign(db: None) -> Event:
    return EventFactory.create(title="Somebody else's", max_attendees=5)


@pytest.fixture
def show(client: Client) -> Show:
    """Open an admin page as a person."""

    def show(user: User | None, path: str = "/", expect: int = 200, **query: Any) -> Any:
        if user:
            client.force_login(user)
        response = client.get(f"/admin{path}", query)
        assert response.status_code == expect, response.content
        return response

    return show


@pytest.fixture
def party(event: Event, ada: User) -> Event:
    """An event with two seats: Ada has arrived, Peter has not, and one person waits."""
    peter = UserFactory.create(username="peter")
    for person in (ada, peter, UserFactory.create()):
        join_event(event_id=event.pk, attendee=person)
    begin(event)
    check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=ada)
    return event
