"""A walk-in by ID is invisible to the person that it names.

Before, an organizer could put an event into the lists, feeds, mails and review requests of every
user, with one request each.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from time_machine import Traveller, travel

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event, delete_event, update_event
from notifications.models import Notification
from notifications.tasks import relay
from reviews.requests import ask_for_reviews
from rsvp.calendar.feeds import secret_of
from rsvp.check_in import Scan, admit_walk_in, undo_check_in
from rsvp.messages.announcements import fan_out
from rsvp.messages.digest import write_digests
from rsvp.messages.reminders import write_due_reminders
from rsvp.models import Rsvp
from rsvp.selectors import export_of
from rsvp.services import join_event
from tests.client import Api
from tests.factories import CategoryFactory, EventFactory, fill
from tests.notifications.kinds import Kind
from tests.rsvp.check_in_helpers import going, let_in, open_event

pytestmark = pytest.mark.slow

SECRET = "Cheap pills at pills example"
FEWEST_ROUTES = 30  # found by the walk; fewer mean that it is broken


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, title=SECRET, max_attendees=10)


@pytest.fixture
def series_date(olive: User) -> Event:
    start = timezone.now() + timedelta(hours=1)
    return EventFactory.create(
        created_by=olive, title=SECRET, start_time=start, recurrence_pattern="FREQ=DAILY;COUNT=2"
    )


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every path of the API with GET, and its converters."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and path.startswith("api/"):
            callback: Any = pattern.callback
            view = getattr(callback, "view_class", None) or callback.cls
            if hasattr(view, "get"):
                yield path, pattern.pattern.converters


def paths_for(person: User, event: Event) -> list[str]:
    values = {"event_id": event.pk, "series_id": event.series_id, "secret": secret_of(person)}
    paths = []
    for path, converters in routes():
        for name in converters:
            kind = type(converters[name]).__name__
            placeholder = path[path.index("<") : path.index(">") + 1]
            value = values.get(name) or ("x" if kind in ("StringConverter",) else person.pk)
            path = path.replace(placeholder, str(value), 1)
        paths.append(f"/{path}")
    return paths


def seen_by(person: User, event: Event) -> dict[str, tuple[int, int]]:
    """Return the response of each path, and how often it contains the event's title."""
    client = Api(person).client
    responses = {}
    for path in paths_for(person, event):
        response: Any = client.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        responses[path] = (response.status_code, body.decode(errors="replace").count(SECRET))
    return responses


def test_no_response_to_the_stranger_changes(series_date: Event, olive: User, sam: User) -> None:
    """Their lists, feeds and export had the event at once, and kept it."""
    before = seen_by(sam, series_date)
    assert len(before) > FEWEST_ROUTES
    assert before[f"/api/events/{series_date.pk}/"] == (200, 1)
    rsvp = admit_walk_in(event_id=series_date.pk, attendee=sam, people=2, by=olive)
    assert seen_by(sam, series_date) == before
    undo_check_in(event_id=series_date.pk, scan=Scan(user_id=sam.pk), by=olive)
    assert Rsvp.objects.filter(pk=rsvp.pk).exists()
    assert seen_by(sam, series_date) == before


def test_control_responses_to_an_attendee_change(series_date: Event, ada: User) -> None:
    before = seen_by(ada, series_date)
    going(series_date, ada)
    after = seen_by(ada, series_date)
    more = {path.split("/")[2] for path in after if after[path] != before[path]}
    assert more == {"rsvps", "notifications", "users", "calendar", "events"}


def test_event_and_lists_show_no_rsvp_of_the_stranger(
    as_sam: Api, event: Event, olive: User, sam: User
) -> None:
    admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
    assert as_sam.get(f"/events/{event.pk}/")["my_rsvp"] is None
    assert [listed["my_rsvp"] for listed in as_sam.get("/events/")["results"]] == [None]
    assert as_sam.get("/events/search/", q="pills")["results"][0]["my_rsvp"] is None


def test_export_has_the_record_without_the_organizers_texts(
    event: Event, olive: User, sam: User
) -> None:
    rsvp = admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
    exported = export_of(sam)
    [row] = exported["rsvp.rsvp"]
    assert (row["id"], row["event_id"], row["is_confirmed"]) == (rsvp.pk, event.pk, False)
    assert row["event_title"] is None
    assert len(exported["rsvp.checkin"]) == 1


def test_recommendations_are_unchanged(as_sam: Api, event: Event, olive: User, sam: User) -> None:
    """The organizer's event, and its category, gave points to whatever else was like it."""
    shown = EventFactory.create(category=CategoryFactory.create())
    Event.objects.filter(pk=event.pk).update(category=shown.category)
    before = as_sam.get("/events/recommended/")["results"]
    admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
    after = as_sam.get("/events/recommended/")["results"]
    assert [listed["id"] for listed in after] == [listed["id"] for listed in before]


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        yield clock


class TestMessages:
    """Ada, who RSVPed, gets each kind of message. Sam, who was admitted by ID, gets none."""

    @pytest.fixture
    def event(self, clock: Traveller, olive: User, ada: User, sam: User, settings: Any) -> Event:
        settings.CHECK_IN_OPENS_MINUTES = 3 * 24 * 60  # so that reminders come after the walk-in
        start = timezone.now() + timedelta(days=2)
        event = EventFactory.create(created_by=olive, title=SECRET, start_time=start)
        going(event, ada)
        let_in(event, ada, olive)
        admit_walk_in(event_id=event.pk, attendee=sam, people=2, by=olive)
        return event

    def check_only_ada_hears(self, ada: User, sam: User, kind: Kind) -> None:
        relay()
        assert Notification.objects.filter(user=ada, kind=kind).exists()
        assert not Notification.objects.filter(user=sam).exists()
        assert sam.email not in {address for message in mail.outbox for address in message.to}

    def test_receipts(
        self, clock: Traveller, event: Event, olive: User, ada: User, sam: User
    ) -> None:
        undo_check_in(event_id=event.pk, scan=Scan(user_id=sam.pk), by=olive)
        clock.shift(1)
        admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        self.check_only_ada_hears(ada, sam, Kind.RSVP_CONFIRMED)

    def test_changed_event(self, event: Event, ada: User, sam: User) -> None:
        update_event(event_id=event.pk, changes={"location": "Elsewhere"})
        fan_out()
        self.check_only_ada_hears(ada, sam, Kind.EVENT_CHANGED)

    @pytest.mark.parametrize("end_it", [cancel_event, delete_event])
    def test_cancelled_event(self, event: Event, ada: User, sam: User, end_it: Any) -> None:
        end_it(event_id=event.pk)
        fan_out()
        self.check_only_ada_hears(ada, sam, Kind.EVENT_CANCELLED)

    def test_reminders(self, clock: Traveller, event: Event, ada: User, sam: User) -> None:
        write_due_reminders()
        for hours in (24, 1):
            clock.move_to(event.start_time - timedelta(hours=hours))
            write_due_reminders()
        self.check_only_ada_hears(ada, sam, Kind.REMINDER)

    def test_review_requests(self, clock: Traveller, event: Event, ada: User, sam: User) -> None:
        clock.move_to(event.end_time + timedelta(hours=2))
        ask_for_reviews()
        self.check_only_ada_hears(ada, sam, Kind.REVIEW_REQUEST)

    def test_waitlist(self, event: Event, olive: User, ada: User, sam: User) -> None:
        update_event(event_id=event.pk, changes={"max_attendees": 3})
        [waits] = fill(event, 1)
        undo_check_in(event_id=event.pk, scan=Scan(user_id=sam.pk, people=1), by=olive)
        notifications = Notification.objects.filter(user=waits).order_by("id")
        assert [notification.kind for notification in notifications] == [
            Kind.WAITLISTED,
            Kind.PROMOTED,
        ]
        assert not Notification.objects.filter(user=sam).exists()

    def test_digest_is_unchanged(self, clock: Traveller, olive: User, ada: User, sam: User) -> None:
        """A walk-in removed the event from the stranger's digest, as if they had RSVPed."""
        jazz = CategoryFactory.create()
        ada.interests.set([jazz])
        sam.interests.set([jazz])
        monday = timezone.now().replace(hour=9, minute=0, second=0)
        monday += timedelta(days=7 - monday.weekday())
        clock.move_to(monday - timedelta(days=1))
        start = monday + timedelta(hours=1)
        event = EventFactory.create(created_by=olive, category=jazz, start_time=start)
        clock.move_to(monday)
        admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        write_digests()
        digests = Notification.objects.filter(kind=Kind.NEW_IN_INTERESTS)
        assert {digest.user for digest in digests} == {ada, sam}


def test_confirmed_walk_in_gets_messages_about_the_event(
    event: Event, olive: User, sam: User
) -> None:
    """Control of the above: it is the confirmation that decides."""
    admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
    join_event(event_id=event.pk, attendee=sam)
    cancel_event(event_id=event.pk)
    fan_out()
    notifications = Notification.objects.filter(user=sam).order_by("id")
    assert [notification.kind for notification in notifications] == [
        Kind.RSVP_CONFIRMED,
        Kind.EVENT_CANCELLED,
    ]
