"""`my_role` of events, and the events that helpers find with `mine=true`."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event, delete_event
from events.services.helpers import add_helper, remove_helper
from tests.client import Api
from tests.factories import EventFactory, UserFactory

pytestmark = pytest.mark.both

LISTS = ["/events/", "/events/search/"]


def roles(api: Api, path: str = "/events/", **query: Any) -> dict[str, str | None]:
    return {event["title"]: event["my_role"] for event in api.get(path, **query)["results"]}


@pytest.fixture
def jazz(olive: User, sam: User) -> Event:
    """Create an event of Olive at which Sam helps."""
    event = EventFactory.create(title="Jazz", created_by=olive)
    add_helper(event_id=event.pk, username="sam")
    return event


@pytest.mark.parametrize("path", LISTS)
def test_helpers_find_their_events(jazz: Event, as_sam: Api, path: str) -> None:
    EventFactory.create(title="Chess")
    assert roles(as_sam, path, mine="true") == {"Jazz": "door"}
    assert roles(as_sam, path) == {"Jazz": "door", "Chess": None}


def test_each_reader_has_a_role_of_their_own(
    jazz: Event, as_olive: Api, as_sam: Api, as_ada: Api
) -> None:
    shown = [api.get(f"/events/{jazz.pk}/")["my_role"] for api in (as_olive, as_sam, as_ada)]
    assert shown == ["owner", "door", None]
    assert roles(as_ada, mine="true") == {}


def test_organizers_who_help_find_both(jazz: Event, as_olive: Api, olive: User) -> None:
    chess = EventFactory.create(title="Chess", created_by=UserFactory.create(is_organizer=True))
    add_helper(event_id=chess.pk, username="olive")
    EventFactory.create(title="Draft", created_by=olive, status="draft")
    expected = {"Jazz": "owner", "Chess": "door", "Draft": "owner"}
    assert roles(as_olive, mine="true") == expected


def test_cancelled_events_are_listed_by_status(jazz: Event, as_sam: Api) -> None:
    cancel_event(event_id=jazz.pk)
    assert roles(as_sam, mine="true") == {}
    assert roles(as_sam, mine="true", status="cancelled") == {"Jazz": "door"}


@pytest.mark.parametrize("status", ["draft", "published"])
def test_drafts_and_deleted_events_of_others_are_hidden(
    jazz: Event, as_sam: Api, status: str
) -> None:
    Event.objects.filter(pk=jazz.pk).update(status=status)
    if status == "published":
        delete_event(event_id=jazz.pk)
    every: list[dict[str, Any]] = [{}, {"status": "draft"}, {"when": "all"}]
    for filters in every:
        assert roles(as_sam, mine="true", **filters) == {}
    as_sam.get(f"/events/{jazz.pk}/", expect=404)


@pytest.mark.parametrize(("hours", "role"), [(47, "door"), (49, None)])
def test_role_ends_with_the_access(jazz: Event, as_sam: Api, hours: int, role: str | None) -> None:
    over = timezone.now() - timedelta(hours=hours)
    Event.objects.filter(pk=jazz.pk).update(start_time=over - timedelta(hours=1), end_time=over)
    assert as_sam.get(f"/events/{jazz.pk}/")["my_role"] == role
    assert roles(as_sam, mine="true", when="past") == ({"Jazz": "door"} if role else {})


def test_removed_helper_has_no_role(jazz: Event, as_sam: Api, sam: User) -> None:
    remove_helper(event_id=jazz.pk, user_id=sam.pk)
    assert as_sam.get(f"/events/{jazz.pk}/")["my_role"] is None
    assert roles(as_sam, mine="true") == {}
