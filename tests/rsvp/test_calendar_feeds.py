"""GET and POST /api/users/calendar/, and the feed at the returned address."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from accounts.models import User
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate, reactivate
from config.logs import hide_tokens
from events.models import Event
from events.series.creation import create_series
from events.services.events import cancel_event, delete_event, update_event
from notifications.models import Notification
from notifications.rendering import mail
from rsvp.models import CalendarFeed
from rsvp.services import join_event, leave_event, mark_interested
from tests.client import Api, refusal
from tests.events.calendars import read
from tests.factories import CategoryFactory, EventFactory, UserFactory, end, fill


def address(api: Api) -> str:
    url: str = api.get("/users/calendar/")["url"]
    return url.removeprefix("http://testserver/api")


def entries(api: Api, **query: Any) -> list[Any]:
    """Read the person's feed without a token."""
    return read(Api().get(address(api), **query)).events


def titles_and_statuses(api: Api, **query: Any) -> list[tuple[str, str]]:
    return [(str(entry["SUMMARY"]), str(entry["STATUS"])) for entry in entries(api, **query)]


def polled(path: str, etag: str) -> Any:
    return Client().get(f"/api{path}", headers={"if-none-match": etag})


class TestAddress:
    def test_address_stays_the_same(self, as_ada: Api) -> None:
        url = as_ada.get("/users/calendar/")["url"]
        assert url.startswith("http://testserver/api/calendar/") and url.endswith(".ics")
        assert as_ada.get("/users/calendar/")["url"] == url

    def test_everybody_has_their_own_address(self, as_ada: Api, as_sam: Api) -> None:
        assert address(as_ada) != address(as_sam)

    def test_secret_is_long(self, as_ada: Api) -> None:
        secret = address(as_ada).removeprefix("/calendar/").removesuffix(".ics")
        assert len(secret) == 43  # 256 bits in base64

    def test_renewed_address_ends_the_old_one(self, as_ada: Api, as_nobody: Api) -> None:
        old = address(as_ada)
        new = as_ada.post("/users/calendar/")["url"].removeprefix("http://testserver/api")
        as_nobody.get(old, expect=404)
        as_nobody.get(new)
        assert address(as_ada) == new

    def test_anonymous_request_is_401(self, as_nobody: Api) -> None:
        as_nobody.get("/users/calendar/", expect=401)
        as_nobody.post("/users/calendar/", expect=401)

    def test_copied_rows_open_no_feed(self, as_ada: Api, as_nobody: Api) -> None:
        secret = address(as_ada).removeprefix("/calendar/").removesuffix(".ics")
        row = CalendarFeed.objects.get()
        assert secret not in f"{row.digest} {row.sealed_secret}"
        as_nobody.get(f"/calendar/{row.digest}.ics", expect=404)

    def test_lost_keys_are_reported(self, as_ada: Api, settings: Any) -> None:
        old = address(as_ada)
        settings.ENCRYPTION_KEYS = ["another key"]
        problem = as_ada.get("/users/calendar/", expect=409)
        assert refusal(problem) == ("calendar_feed_unreadable", "renew_calendar_feed")
        Api().get(old)  # subscribed feeds still work
        as_ada.post("/users/calendar/")
        as_ada.get("/users/calendar/")


class TestWhoReads:
    def test_unknown_secret_is_not_found(self, as_nobody: Api) -> None:
        assert refusal(as_nobody.get("/calendar/guessed.ics", expect=404)) == ("not_found",)

    def test_token_is_ignored(self, as_ada: Api) -> None:
        Api(HTTP_AUTHORIZATION="Bearer nonsense").get(address(as_ada))

    def test_feed_is_closed_while_the_person_is_deactivated(
        self, as_ada: Api, ada: User, as_nobody: Api
    ) -> None:
        path = address(as_ada)
        deactivate(user=ada)
        as_nobody.get(path, expect=404)
        ada.refresh_from_db()
        reactivate(user=ada)
        as_nobody.get(path)

    def test_feed_of_an_erased_person_is_404(self, as_ada: Api, ada: User, as_nobody: Api) -> None:
        path = address(as_ada)
        erase(user_id=ada.pk)
        as_nobody.get(path, expect=404)
        assert not CalendarFeed.objects.exists()

    def test_anonymous_requests_are_limited(self, as_ada: Api, as_nobody: Api) -> None:
        path = address(as_ada)
        rates = {"anon": "2/min", "user": "600/min"}
        with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": rates}):
            for expected in (200, 200, 429):
                as_nobody.get(path, expect=expected)


class TestSecrecy:
    @pytest.mark.parametrize("part", ["request", "event"])
    def test_secret_is_not_logged(self, part: str) -> None:
        line = {part: "GET /api/calendar/s3cret.ics?organizer=olive"}
        assert hide_tokens(None, "info", line)[part] == "GET /api/calendar/…?organizer=olive"

    def test_request_is_logged_without_its_secret(
        self, as_ada: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = address(as_ada)
        with caplog.at_level(logging.INFO):
            Client().get(f"/api{path}")
            Client().get("/api/calendar/guessed.ics")
        lines = [str(record.msg) for record in caplog.records]
        assert [line for line in lines if "/api/calendar/…" in line] != []
        assert [line for line in lines if path in line or "guessed" in line] == []

    def test_feed_does_not_leak_its_address(self, as_ada: Api) -> None:
        response = Client().get(f"/api{address(as_ada)}")
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Cache-Control"] == "private, no-cache"


class TestOwnFeed:
    def test_feed_has_a_name_and_a_refresh_interval(self, as_ada: Api) -> None:
        calendar = read(Api().get(address(as_ada)))
        properties = {name: calendar.decoded(name) for name in ("NAME", "REFRESH-INTERVAL")}
        assert properties == {"NAME": "My events", "REFRESH-INTERVAL": timedelta(hours=1)}
        assert str(calendar["X-PUBLISHED-TTL"]) == "PT1H"
        assert calendar.events == []

    def test_empty_feeds_have_a_component(self, as_ada: Api) -> None:
        """A calendar needs one (RFC 5545, 3.4)."""
        queries: list[dict[str, Any]] = [{}, {"organizer": "nobody"}, {"category": "none"}]
        for query in queries:
            found = read(Api().get(address(as_ada), **query))
            assert [component.name for component in found.subcomponents] == ["VTIMEZONE"]
            [zone] = found.timezones
            assert zone.tz_name == "UTC"

    def test_feed_shows_events_with_rsvp(self, as_ada: Api, ada: User, olive: User) -> None:
        now = timezone.now()
        titles = ("Going", "Waiting", "Interested", "Left", "Cancelled", "Deleted", "Unanswered")
        events = {
            title: EventFactory.create(
                created_by=olive, title=title, max_attendees=1, start_time=now + timedelta(days=day)
            )
            for day, title in enumerate(titles, start=1)
        }
        fill(events["Waiting"], 1)
        for title in ("Going", "Waiting", "Left", "Cancelled", "Deleted"):
            join_event(event_id=events[title].pk, attendee=ada)
        mark_interested(event_id=events["Interested"].pk, attendee=ada)
        leave_event(event_id=events["Left"].pk, attendee=ada)
        cancel_event(event_id=events["Cancelled"].pk)
        delete_event(event_id=events["Deleted"].pk)
        assert titles_and_statuses(as_ada) == [
            ("Going", "CONFIRMED"),
            ("Waiting", "TENTATIVE"),
            ("Interested", "TENTATIVE"),
            ("Cancelled", "CANCELLED"),
        ]
        times = [str(entry.get("TRANSP", "OPAQUE")) for entry in entries(as_ada)]
        assert times == ["OPAQUE", "OPAQUE", "TRANSPARENT", "OPAQUE"]

    def test_promoted_seat_is_confirmed(self, as_ada: Api, ada: User) -> None:
        event = EventFactory.create(max_attendees=1)
        [first] = fill(event, 1)
        join_event(event_id=event.pk, attendee=ada)
        [before] = entries(as_ada)
        leave_event(event_id=event.pk, attendee=first)
        [after] = entries(as_ada)
        assert (before["STATUS"], after["STATUS"]) == ("TENTATIVE", "CONFIRMED")
        assert after["UID"] == before["UID"]

    def test_feed_looks_back_a_month(self, as_ada: Api, ada: User) -> None:
        recent, old = EventFactory.create(title="Recent"), EventFactory.create(title="Old")
        for event in (recent, old):
            join_event(event_id=event.pk, attendee=ada)
        end(recent)
        ended = timezone.now() - timedelta(days=31)
        start = ended - timedelta(hours=2)
        Event.objects.filter(pk=old.pk).update(start_time=start, end_time=ended)
        assert titles_and_statuses(as_ada) == [("Recent", "CONFIRMED")]

    def test_dates_of_a_series_are_single_events(self, as_ada: Api, ada: User, olive: User) -> None:
        start = timezone.now() + timedelta(days=1)
        details = {"title": "Jazz", "start_time": start, "end_time": start + timedelta(hours=1)}
        first = create_series(organizer=olive, details=details, recurrence_pattern="daily")
        join_event(event_id=first.pk, attendee=ada)
        [found] = entries(as_ada)
        receipt = mail(Notification.objects.get(user=ada), ada.email)
        attached: Any = receipt.attachments[0]
        [mailed] = read(attached.get_payload(decode=True)).events
        names = ("UID", "SEQUENCE", "SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "URL")
        same = [name for name in names if found.get(name) == mailed.get(name)]
        assert same == list(names)
        assert "RECURRENCE-ID" not in found

    def test_long_descriptions_are_shortened(self, as_ada: Api, ada: User) -> None:
        event = EventFactory.create(description="x" * 20_000)
        join_event(event_id=event.pk, attendee=ada)
        [found] = entries(as_ada)
        assert str(found["DESCRIPTION"]) == "x" * 999 + "…"

    def test_feed_has_an_end(self, as_ada: Api, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rsvp.calendar.entries.MOST_ENTRIES", 2)
        now = timezone.now()
        for day in (3, 1, 2):
            event = EventFactory.create(title=str(day), start_time=now + timedelta(days=day))
            join_event(event_id=event.pk, attendee=ada)
        assert [title for title, _ in titles_and_statuses(as_ada)] == ["1", "2"]


class TestPolling:
    def test_unchanged_feed_is_304(self, as_ada: Api, ada: User, event: Event) -> None:
        join_event(event_id=event.pk, attendee=ada)
        path = address(as_ada)
        etag = Client().get(f"/api{path}").headers["ETag"]
        again = polled(path, etag)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)

    @pytest.mark.parametrize("change", ["renamed", "left", "joined", "organizer", "category"])
    def test_every_change_is_sent(
        self, as_ada: Api, ada: User, olive: User, event: Event, change: str
    ) -> None:
        category = CategoryFactory.create()
        update_event(event_id=event.pk, changes={"category": category})
        join_event(event_id=event.pk, attendee=ada)
        path = address(as_ada)
        etag = Client().get(f"/api{path}").headers["ETag"]
        if change == "renamed":
            update_event(event_id=event.pk, changes={"title": "Blues"})
        elif change == "left":
            leave_event(event_id=event.pk, attendee=ada)
        elif change == "joined":
            join_event(event_id=EventFactory.create().pk, attendee=ada)
        elif change == "organizer":
            User.objects.filter(pk=olive.pk).update(username="olivia")
        else:
            category.name = "Renamed"
            category.save()
        assert polled(path, etag).status_code == 200

    def test_head_returns_the_headers(self, as_ada: Api) -> None:
        path = address(as_ada)
        head, full = Client().head(f"/api{path}"), Client().get(f"/api{path}")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["ETag"] == full.headers["ETag"]

    @pytest.mark.parametrize("number", [1, 3])
    @pytest.mark.parametrize("query", ["", "?organizer=olive"])
    def test_polling_costs_the_same_for_one_entry_and_three(
        self, as_ada: Api, ada: User, olive: User, number: int, query: str
    ) -> None:
        """Queries: the secret and the state of the feed; the entries only if something is new."""
        for _ in range(number):
            event = EventFactory.create(created_by=olive, category=CategoryFactory.create())
            join_event(event_id=event.pk, attendee=ada)
        path = address(as_ada) + query
        with CaptureQueriesContext(connection) as first:
            etag = Client().get(f"/api{path}").headers["ETag"]
        with CaptureQueriesContext(connection) as again:
            assert polled(path, etag).status_code == 304
        assert (len(first), len(again)) == (3, 2)


class TestListedFeeds:
    @pytest.fixture(autouse=True)
    def events(self, olive: User, sam: User) -> None:
        music = CategoryFactory.create(slug="music")
        now = timezone.now()
        for day, (title, who, what, status) in enumerate(
            [
                ("Jazz", olive, music, "published"),
                ("Chess", olive, None, "published"),
                ("Rock", UserFactory.create(is_organizer=True), music, "published"),
                ("Draft", olive, music, "draft"),
            ],
            start=1,
        ):
            start = now + timedelta(days=day)
            EventFactory.create(
                title=title, created_by=who, category=what, status=status, start_time=start
            )

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"organizer": "olive"}, ["Jazz", "Chess"]),
            ({"organizer": "OLIVE"}, ["Jazz", "Chess"]),
            ({"category": "music"}, ["Jazz", "Rock"]),
            ({"category": "music", "organizer": "olive"}, ["Jazz"]),
            ({"category": "none-such"}, []),
        ],
    )
    def test_feed_shows_public_events(
        self, as_ada: Api, query: dict[str, str], expected: list[str]
    ) -> None:
        assert [title for title, _ in titles_and_statuses(as_ada, **query)] == expected

    def test_organizer_is_found_by_id_too(self, as_ada: Api, olive: User) -> None:
        assert [title for title, _ in titles_and_statuses(as_ada, organizer=str(olive.pk))] == [
            "Jazz",
            "Chess",
        ]

    def test_own_drafts_are_excluded(self, as_olive: Api) -> None:
        assert [title for title, _ in titles_and_statuses(as_olive, organizer="olive")] == [
            "Jazz",
            "Chess",
        ]

    def test_cancelled_events_are_excluded(self, as_ada: Api) -> None:
        cancel_event(event_id=Event.objects.get(title="Jazz").pk)
        assert titles_and_statuses(as_ada, organizer="olive") == [("Chess", "CONFIRMED")]

    def test_feed_is_named_by_its_filters(self, as_ada: Api) -> None:
        raw = Api().get(address(as_ada), organizer="olive", category="music")
        assert b"\r\nNAME:olive\\, music\r\n" in raw

    def test_too_long_a_name_is_refused(self, as_ada: Api, as_nobody: Api) -> None:
        problem = as_nobody.get(address(as_ada), organizer="x" * 257, expect=400)
        assert refusal(problem) == (("organizer", "max_length"),)

    def test_every_feed_has_its_own_version(self, as_ada: Api) -> None:
        path = address(as_ada)
        etags = {
            Client().get(f"/api{path}{query}").headers["ETag"]
            for query in ("", "?organizer=olive", "?category=music", "?category=none-such")
        }
        assert len(etags) == 4
