"""Long lists have each row once over their pages, and files over their parts."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import keyset
from core.errors import BadValue
from core.keyset import part_of
from events.models import Event
from rsvp.models import Rsvp
from tests.client import Api, refusal
from tests.factories import EventFactory, fill

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def events(olive: User) -> list[Event]:
    """Return seven events, three of which start at the same time."""
    events = EventFactory.create_batch(7, created_by=olive)
    for hours, event in zip((1, 2, 2, 2, 3, 4, 5), events, strict=True):
        event.start_time += timedelta(hours=hours)
        event.end_time += timedelta(hours=hours)
        event.save()
    return sorted(events, key=lambda event: (event.start_time, event.pk))


def ids(after: str = "", most: int = 100) -> tuple[list[int], str | None]:
    part = part_of(Event.objects.values(), "start_time", "id", after=after, most=most)
    return [row["id"] for row in part.rows], part.next


@pytest.mark.parametrize("page", [1, 2, 3, 7, 8])
def test_pages_have_each_row_once(
    events: list[Event], page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "PAGE", page)
    assert ids() == ([event.pk for event in events], None)


@pytest.mark.parametrize("most", [1, 2, 3, 6, 7, 8])
def test_parts_have_each_row_once(
    events: list[Event], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "PAGE", 2)
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        rows, cursor = ids(cursor, most)
        assert len(rows) <= most
        found += rows
    assert found == [event.pk for event in events]


def test_deletion_between_pages_skips_no_row(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OFFSET would skip a row."""
    monkeypatch.setattr(keyset, "PAGE", 3)
    part = part_of(Event.objects.values(), "start_time", "id", after="", most=100)
    found = [next(part.rows)["id"]]
    Event.objects.filter(pk=events[0].pk).delete()
    found += [row["id"] for row in part.rows]
    assert found == [event.pk for event in events]


@pytest.mark.parametrize(
    "cursor", ["x", "1", "~", "2027-01-01~1", "2027-01-01T00:00Z~9" + "9" * 30]
)
def test_invalid_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadValue):
        ids(cursor)


class TestFiles:
    """At 100,000 events, one file occupied a thread and a server-side cursor for 25 s."""

    @pytest.fixture(autouse=True)
    def _short(self) -> Any:
        with override_settings(EXPORT_ROWS=3):
            yield

    def names(self, api: Api, path: str) -> list[tuple[str, int]]:
        """Follow the links; return the file name and number of rows of each part."""
        parts = []
        query: dict[str, Any] = {"format": "csv"}
        while True:
            response = api.client.get(path, query)
            assert response.status_code == 200
            name = response["Content-Disposition"].partition("filename=")[2].strip('"')
            parts.append((name, response.getvalue().count(b"\r\n") - 1))
            if "Link" not in response:
                return parts
            url, rel = response["Link"].split("; ")
            assert rel == 'rel="next"'
            query = parse_qs(urlsplit(url.strip("<>")).query)

    def test_events_come_in_parts(self, as_olive: Api, events: list[Event]) -> None:
        path = "/api/analytics/overview/"
        assert self.names(as_olive, path) == [("events-part.csv", n) for n in (3, 3, 1)]

    @pytest.mark.parametrize("status", [Rsvp.Status.GOING, Rsvp.Status.WAITLISTED])
    def test_attendees_come_in_parts(self, as_olive: Api, olive: User, status: str) -> None:
        event = EventFactory.create(created_by=olive, max_attendees=4)
        fill(event, 8)
        path = f"/api/events/{event.pk}/attendees/?status={status}"
        assert self.names(as_olive, path) == [(f"attendees-{event.pk}-part.csv", n) for n in (3, 1)]

    def test_short_file_has_one_part(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        fill(event, 3)
        path = f"/api/events/{event.pk}/attendees/"
        assert self.names(as_olive, path) == [(f"attendees-{event.pk}.csv", 3)]

    @pytest.mark.parametrize("path", ["/api/analytics/overview/", "/api/events/{event}/attendees/"])
    def test_invalid_cursor_is_400(self, as_olive: Api, events: list[Event], path: str) -> None:
        path = path.format(event=events[0].pk)
        response = as_olive.client.get(path, {"format": "csv", "after": "there"})
        assert (response.status_code, refusal(response.json())) == (400, (("after", "invalid"),))

    @pytest.mark.real
    def test_file_uses_no_server_side_cursor(self, as_olive: Api, events: list[Event]) -> None:
        """A pooler gives each transaction another connection, without that cursor."""
        with CaptureQueriesContext(connection) as captured:
            self.names(as_olive, "/api/analytics/overview/")
        assert not [query for query in captured if "CURSOR" in query["sql"]]
