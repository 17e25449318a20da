"""CSV files are read as UTF-8 by Excel and contain no formulas."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event
from tests.client import Api
from tests.factories import EventFactory, UserFactory
from tests.rsvp.check_in_helpers import going

BOM = "\ufeff"
FILES = {
    "attendees": "/api/events/{event}/attendees/?format=csv",
    "analytics": "/api/analytics/overview/?format=csv",
    "attendees in the admin": "/admin/rsvp/rsvp/attendees-{event}.csv",
    "analytics in the admin": "/admin/analytics/events.csv",
}


@pytest.fixture
def event(olive: User) -> Event:
    """Return an event whose title and only attendee's name start like a formula."""
    User.objects.filter(pk=olive.pk).update(is_staff=True, is_superuser=True)
    event = EventFactory.create(created_by=olive, title="=Łódź, 東京 🎷")
    going(event, UserFactory.create(username="@żaneta"))
    return event


@pytest.mark.parametrize("path", FILES.values(), ids=FILES.keys())
def test_file_begins_with_one_bom_and_has_no_formula(
    as_olive: Api, olive: User, event: Event, path: str
) -> None:
    client = Client() if path.startswith("/admin/") else as_olive.client
    if path.startswith("/admin/"):
        client.force_login(olive, backend="django.contrib.auth.backends.ModelBackend")
    response: Any = client.get(path.format(event=event.pk))
    assert (response.status_code, response["Content-Type"]) == (200, "text/csv; charset=utf-8")
    text = b"".join(response.streaming_content).decode()
    assert text.startswith(BOM) and text.count(BOM) == 1
    [row] = csv.DictReader(StringIO(text.removeprefix(BOM), newline=""))
    assert (row.get("username") or row["title"]) in ("'@żaneta", "'=Łódź, 東京 🎷")
    assert next(iter(row)) in ("username", "id")
