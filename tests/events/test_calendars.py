"""GET /api/events/<id>/calendar.ics and /api/series/<id>/calendar.ics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from events.ical_files import event_file
from events.models import Event
from events.series.changes import update_occurrences
from events.series.creation import create_series
from events.series.endings import delete_occurrence, delete_series
from events.services.events import cancel_event, delete_event, update_event
from tests.client import Api
from tests.events.calendars import entries_shown, read, rows_as_entries, span
from tests.factories import CategoryFactory, EventFactory

START = datetime(2027, 6, 4, 17, tzinfo=UTC)


def get(api: Api, path: str, expect: int = 200, **headers: str) -> Any:
    response = api.client.get(f"/api{path}", headers=headers)
    assert response.status_code == expect, response.content
    return response


def entry(api: Api, event: Event) -> Any:
    [found] = read(get(api, f"/events/{event.pk}/calendar.ics").content).events
    return found


@pytest.fixture
def jazz(olive: User) -> Event:
    return EventFactory.create(
        created_by=olive,
        title="Rooftop Jazz; Night, one",
        description="Three trios.\nOne skyline.",
        location="Dachgarten, Berlin",
        latitude=52.4991,
        longitude=13.4183,
        timezone="Europe/Berlin",
        start_time=START,
        end_time=START + timedelta(hours=3),
        category=CategoryFactory.create(name="Music"),
    )


class TestEvent:
    def test_event_has_all_properties(self, as_ada: Api, jazz: Event, settings: Any) -> None:
        settings.BASE_URL = "https://api.example.com:8000"
        settings.FRONTEND_URL = "https://example.com"
        settings.DEFAULT_FROM_EMAIL = "Event Booking <events@example.com>"
        found = entry(as_ada, jazz)
        changed = jazz.updated_at.replace(microsecond=0)
        properties = {
            name: found.decoded(name)
            for name in found
            if name not in ("DTSTART", "DTEND", "GEO", "CATEGORIES")
        }
        assert properties == {
            "UID": f"event-{jazz.pk}@api.example.com",
            "SEQUENCE": 0,
            "DTSTAMP": changed,
            "LAST-MODIFIED": changed,
            "SUMMARY": "Rooftop Jazz; Night, one",
            "DESCRIPTION": "Three trios.\nOne skyline.",
            "LOCATION": "Dachgarten, Berlin",
            "ORGANIZER": "mailto:events@example.com",
            "STATUS": "CONFIRMED",
            "URL": f"https://example.com/events/{jazz.pk}",
        }
        assert found["ORGANIZER"].params == {"CN": "olive"}
        assert (found["GEO"].latitude, found["GEO"].longitude) == (52.4991, 13.4183)
        assert found.categories == ["Music"]
        assert (found.start.isoformat(), found.end.isoformat()) == (
            "2027-06-04T19:00:00+02:00",
            "2027-06-04T22:00:00+02:00",
        )

    def test_change_raises_the_sequence_and_keeps_the_uid(self, as_ada: Api, jazz: Event) -> None:
        before = entry(as_ada, jazz)
        update_event(event_id=jazz.pk, changes={"location": "Indoors"})
        after = entry(as_ada, jazz)
        assert after["UID"] == before["UID"]
        assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)

    def test_cancelled_event_has_its_status(self, as_ada: Api, jazz: Event) -> None:
        cancel_event(event_id=jazz.pk)
        assert entry(as_ada, jazz)["STATUS"] == "CANCELLED"

    def test_deleted_event_is_404(self, as_ada: Api, jazz: Event) -> None:
        delete_event(event_id=jazz.pk)
        get(as_ada, f"/events/{jazz.pk}/calendar.ics", expect=404)

    def test_draft_is_visible_to_its_owner_only(
        self, as_olive: Api, as_sam: Api, olive: User
    ) -> None:
        draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
        assert entry(as_olive, draft)["STATUS"] == "TENTATIVE"
        get(as_sam, f"/events/{draft.pk}/calendar.ics", expect=404)

    def test_anonymous_request_is_401(self, as_nobody: Api, jazz: Event) -> None:
        refused = get(as_nobody, f"/events/{jazz.pk}/calendar.ics", expect=401)
        assert refused.headers["Content-Type"] == "application/problem+json"


def new_series(olive: User, **details: Any) -> Event:
    """Return the first date of a weekly series in Berlin, across a clock change."""
    start = datetime(2027, 3, 14, 18, tzinfo=UTC)
    pattern = details.pop("recurrence_pattern", "FREQ=WEEKLY;COUNT=5")
    defaults = {
        "title": "Jazz",
        "location": "Cellar",
        "timezone": "Europe/Berlin",
        "start_time": start,
        "end_time": start + timedelta(hours=2),
    }
    return create_series(organizer=olive, details=defaults | details, recurrence_pattern=pattern)


def dates(first: Event) -> list[Event]:
    assert first.series_id
    return list(Event.objects.alive().filter(series=first.series_id).order_by("start_time"))


def series_raw(api: Api, first: Event) -> bytes:
    raw = get(api, f"/series/{first.series_id}/calendar.ics").content
    assert isinstance(raw, bytes)
    return raw


class TestSeries:
    """Calendars show the same dates as the API."""

    def test_series_is_written_as_a_rule(self, as_ada: Api, olive: User) -> None:
        first = new_series(olive)
        raw = series_raw(as_ada, first)
        [found] = read(raw).events
        assert str(found["UID"]) == f"series-{first.series_id}@127.0.0.1"
        assert b"\r\nRRULE:FREQ=WEEKLY;COUNT=5\r\n" in raw
        assert b"\r\nDTSTART;TZID=Europe/Berlin:20270314T190000\r\n" in raw
        assert entries_shown(raw, *span(dates(first))) == rows_as_entries(dates(first))
        assert [row.start_time.hour for row in dates(first)] == [18, 18, 17, 17, 17]

    def test_exceptions_are_shown(self, as_ada: Api, olive: User) -> None:
        first, moved, cancelled, renamed, deleted = dates(new_series(olive))
        hour = timedelta(hours=1)
        changes = {"start_time": moved.start_time + hour, "end_time": moved.end_time + 2 * hour}
        update_event(event_id=moved.pk, changes=changes)
        cancel_event(event_id=cancelled.pk)
        update_event(event_id=renamed.pk, changes={"title": "Blues"})
        delete_occurrence(event_id=deleted.pk)
        raw = series_raw(as_ada, first)
        assert entries_shown(raw, *span(dates(first))) == rows_as_entries(dates(first))
        assert [entry["STATUS"] for entry in read(raw).events] == [
            "CONFIRMED", "CONFIRMED", "CANCELLED", "CONFIRMED",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "changes",
        [
            {"recurrence_pattern": "FREQ=DAILY;INTERVAL=3;COUNT=9"},
            {"timezone": "America/New_York"},
            {"title": "Blues", "description": "New", "latitude": 1.5, "longitude": 2.5},
            {"status": "cancelled"},
        ],
    )
    @pytest.mark.parametrize("only_following", [False, True])
    def test_changed_series_is_shown(
        self, as_ada: Api, olive: User, changes: dict[str, Any], only_following: bool
    ) -> None:
        rows = dates(new_series(olive))
        update_occurrences(event_id=rows[2].pk, changes=changes, only_following=only_following)
        for one in (rows[0], rows[2]):
            one.refresh_from_db()
            raw = series_raw(as_ada, one)
            assert entries_shown(raw, *span(dates(one))) == rows_as_entries(dates(one))

    def test_open_rule_shows_the_dates_up_to_the_horizon(self, as_ada: Api, olive: User) -> None:
        first = new_series(olive, recurrence_pattern="weekly")
        rows = dates(first)
        series: Any = first.series
        assert series.next_day
        until = series.start_on(series.next_day)
        raw = series_raw(as_ada, first)
        assert entries_shown(raw, span(rows)[0], until) == rows_as_entries(rows)
        assert (
            len(entries_shown(raw, until, until + timedelta(days=69))) == 10
        )  # the rule has no end

    def test_change_raises_the_sequence_and_keeps_the_uid(self, as_ada: Api, olive: User) -> None:
        first = new_series(olive)
        [before] = read(series_raw(as_ada, first)).events
        delete_occurrence(event_id=dates(first)[1].pk)
        [after] = read(series_raw(as_ada, first)).events
        assert after["UID"] == before["UID"]
        assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)

    def test_single_occurrence_has_its_own_uid(self, as_ada: Api, olive: User) -> None:
        second = dates(new_series(olive))[1]
        found = entry(as_ada, second)
        assert str(found["UID"]) == f"event-{second.pk}@127.0.0.1"
        assert "RECURRENCE-ID" not in found and "RRULE" not in found

    def test_draft_is_visible_to_its_owner_only(
        self, as_olive: Api, as_sam: Api, olive: User
    ) -> None:
        first = new_series(olive, status=Event.Status.DRAFT)
        [found] = read(series_raw(as_olive, first)).events
        assert found["STATUS"] == "TENTATIVE"
        get(as_sam, f"/series/{first.series_id}/calendar.ics", expect=404)

    def test_deleted_series_is_404(self, as_olive: Api, olive: User) -> None:
        first = new_series(olive)
        assert first.series_id
        delete_series(series_id=first.series_id)
        get(as_olive, f"/series/{first.series_id}/calendar.ics", expect=404)

    def test_unchanged_file_is_304(self, as_ada: Api, olive: User) -> None:
        path = f"/series/{new_series(olive).series_id}/calendar.ics"
        etag = get(as_ada, path).headers["ETag"]
        get(as_ada, path, expect=304, **{"if-none-match": etag})

    def test_anonymous_request_is_401(self, as_nobody: Api, olive: User) -> None:
        get(as_nobody, f"/series/{new_series(olive).series_id}/calendar.ics", expect=401)


class TestFile:
    @pytest.mark.parametrize(
        "accept", ["text/calendar", "*/*", "text/html,*/*;q=0.8", "application/json"]
    )
    def test_accept_header_is_ignored(self, as_ada: Api, jazz: Event, accept: str) -> None:
        response = get(as_ada, f"/events/{jazz.pk}/calendar.ics", accept=accept)
        assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert response.headers["Content-Disposition"] == f'inline; filename="event-{jazz.pk}.ics"'
        assert response.headers["Cache-Control"] == "private, no-cache"

    def test_errors_are_problems(self, as_ada: Api) -> None:
        refused = get(as_ada, "/events/0/calendar.ics", expect=404, accept="text/calendar")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["code"] == "not_found"

    def test_unchanged_file_is_304(self, as_ada: Api, jazz: Event) -> None:
        path = f"/events/{jazz.pk}/calendar.ics"
        first = get(as_ada, path)
        again = get(as_ada, path, expect=304, **{"if-none-match": first.headers["ETag"]})
        assert (again.content, again.headers["ETag"]) == (b"", first.headers["ETag"])
        update_event(event_id=jazz.pk, changes={"title": "Jazz"})
        get(as_ada, path, **{"if-none-match": first.headers["ETag"]})

    def test_head_returns_the_headers(self, as_ada: Api, jazz: Event) -> None:
        path = f"/api/events/{jazz.pk}/calendar.ics"
        head, full = as_ada.client.head(path), as_ada.client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["ETag"] == full.headers["ETag"]


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            "one\ntwo",
            "semi;colon, comma, back\\slash, \\n",
            "END:VEVENT\nBEGIN:VEVENT\nSUMMARY:forged",
            "🎷" * 100,
            "é" * 20_000,
            'quotes " and ^ carets',
        ],
    )
    def test_description_is_unchanged(self, jazz: Event, text: str) -> None:
        jazz.description = text
        [found] = read(event_file(jazz)).events
        assert str(found["DESCRIPTION"]) == text

    @pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
    def test_all_line_ends_are_equal(self, jazz: Event, line_end: str) -> None:
        jazz.description = f"one{line_end}BEGIN:VALARM"
        [found] = read(event_file(jazz)).events
        assert str(found["DESCRIPTION"]) == "one\nBEGIN:VALARM"

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(st.characters(exclude_categories=[]), max_size=200))
    def test_text_cannot_inject_properties(self, text: str) -> None:
        """Serializers refuse such text, but the admin and imports do not."""
        event = Event(
            pk=1, title=f"{text}x", location=f"{text}x", description=f"x{text}",
            start_time=START, end_time=START + timedelta(hours=1), updated_at=START,
        )  # fmt: skip
        [found] = read(event_file(event)).events
        assert set(found) == {
            "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "SUMMARY", "LOCATION", "DESCRIPTION",
            "DTSTART", "DTEND", "STATUS", "URL", "ORGANIZER",
        }  # fmt: skip

    @pytest.mark.parametrize("field", ["title", "location"])
    def test_line_ends_in_a_line_are_refused(self, as_olive: Api, jazz: Event, field: str) -> None:
        body = {field: "Jazz\r\nATTENDEE:mailto:eve@example.com"}
        problem = as_olive.patch(f"/events/{jazz.pk}/", body, expect=400)
        assert [(e["field"], e["code"]) for e in problem["errors"]] == [
            (field, "control_characters")
        ]
