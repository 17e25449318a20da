"""Search boxes of the admin find titles like the API."""

import re
from collections.abc import Callable

import pytest

from accounts.models import User
from events.models import Event
from rsvp.services import join_event
from tests.factories import EventFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def lodz(olive: User) -> Event:
    EventFactory.create(title="Chess", created_by=olive)
    return EventFactory.create(title="Święto Łódź/Blues", location="Straße", created_by=olive)


@pytest.mark.parametrize("q", ["lodz", "BLUES", "strasse"])
def test_events_are_found(admin_page: Callable[..., str], lodz: Event, q: str) -> None:
    page = admin_page(f"/events/event/?q={q}")
    assert set(re.findall(r"/events/event/(\d+)/change/", page)) == {str(lodz.pk)}


def test_rsvps_are_found_by_the_title(
    admin_page: Callable[..., str], lodz: Event, ada: User
) -> None:
    rsvp, _ = join_event(event_id=lodz.pk, attendee=ada)
    link = f"/rsvp/rsvp/{rsvp.pk}/change/"
    assert link in admin_page("/rsvp/rsvp/?q=lodz")
    assert link not in admin_page("/rsvp/rsvp/?q=gdansk")


@pytest.mark.parametrize(
    "path",
    [
        "/rsvp/rsvpchange/", "/rsvp/checkin/", "/rsvp/announcement/", "/reviews/review/",
        "/external_events/duplicate/", "/external_events/import/",
    ],
)  # fmt: skip
def test_other_lists_are_searched_by_title(admin_page: Callable[..., str], path: str) -> None:
    assert 'name="q"' in admin_page(f"{path}?q=lodz")
