"""Changes within ten minutes are sent as one message.

Before, each edit sent a mail, an SMS and a push to each attendee: 80 SMS to one number in 8 s.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.series.changes import update_series
from events.services.events import cancel_event, delete_event, update_event
from notifications.models import Delivery, Notification
from notifications.relay.planning import plan_all
from notifications.relay.sending import deliver
from rsvp.messages import changes
from rsvp.messages.announcements import fan_out
from rsvp.messages.reminders import write_due_reminders
from rsvp.models import Announcement, ChangeWindow
from rsvp.services import join_event, join_series, leave_event, mark_interested
from rsvp.tasks import fan_out as fan_out_task
from tests.factories import EventFactory, UserFactory, fill
from tests.notifications.kinds import Kind
from tests.rsvp.dates import series_with

HOUR = timedelta(hours=1)
At = Callable[[float], None]


@pytest.fixture
def at(time_machine: Any) -> At:
    """Return a function that moves the clock to minutes after the start of the test."""
    began = timezone.now()

    def move_to(minutes: float) -> None:
        time_machine.move_to(began + timedelta(minutes=minutes))

    return move_to


def place(event: Event, location: str) -> None:
    update_event(event_id=event.pk, changes={"location": location})
    fan_out()


def announced_places(user: User, kind: str = Kind.EVENT_CHANGED) -> list[tuple[str, str]]:
    """Return the former and the new place of each message."""
    rows = Notification.objects.filter(user=user, kind=kind).order_by("id")
    return [
        (n.context.get("before", {}).get("location", "–"), n.context["event"]["location"])
        for n in rows
    ]


@pytest.fixture
def attended(event: Event, ada: User) -> Event:
    """Return an event in the town hall, to which Ada goes."""
    join_event(event_id=event.pk, attendee=ada)
    return event


def test_first_change_is_announced_at_once(attended: Event, ada: User) -> None:
    place(attended, "Park")
    assert announced_places(ada) == [("Town hall", "Park")]


def test_changes_of_ten_minutes_are_one_message(attended: Event, ada: User, at: At) -> None:
    for number in range(80):
        place(attended, f"Room {number}")
    at(9.9)
    assert fan_out() == 0
    assert announced_places(ada) == [("Town hall", "Room 0")]
    at(10.1)
    assert fan_out() == 1
    assert fan_out() == 0
    assert announced_places(ada) == [("Town hall", "Room 0"), ("Room 0", "Room 79")]


def test_messages_are_ten_minutes_apart(attended: Event, ada: User, at: At) -> None:
    for minute in range(60):
        at(minute)
        place(attended, f"Room {minute}")
    assert len(announced_places(ada)) == 6


def test_change_after_ten_quiet_minutes_is_announced_at_once(
    attended: Event, ada: User, at: At
) -> None:
    place(attended, "Park")
    at(10.1)
    fan_out()
    place(attended, "Hall")
    assert announced_places(ada) == [("Town hall", "Park"), ("Park", "Hall")]


def test_reverted_change_is_not_announced(attended: Event, ada: User, at: At) -> None:
    for location in ("Park", "Hall", "Park"):
        place(attended, location)
    at(10.1)
    assert fan_out() == 0
    assert announced_places(ada) == [("Town hall", "Park")]


def test_change_that_undoes_the_first_one_is_announced(attended: Event, ada: User, at: At) -> None:
    """The first change was announced, so undoing it is announced, too."""
    for location in ("Park", "Hall", "Town hall"):
        place(attended, location)
    at(10.1)
    fan_out()
    assert announced_places(ada) == [("Town hall", "Park"), ("Park", "Town hall")]


def test_same_instant_on_another_clock_is_no_difference(attended: Event, ada: User, at: At) -> None:
    start = attended.start_time
    place(attended, "Park")
    for moved in (start + HOUR, datetime.fromisoformat(start.isoformat()).astimezone()):
        update_event(event_id=attended.pk, changes={"start_time": moved})
    at(10.1)
    assert fan_out() == 0


def test_time_and_place_are_announced_together(attended: Event, ada: User, at: At) -> None:
    start = attended.start_time
    place(attended, "Park")
    later = {"start_time": start + HOUR, "end_time": attended.end_time + HOUR}
    update_event(event_id=attended.pk, changes=later)
    place(attended, "Hall")
    at(10.1)
    fan_out()
    context = Notification.objects.filter(kind=Kind.EVENT_CHANGED).latest("id").context
    assert {**context["before"], "starts_at": None, "ends_at": None} == {
        "starts_at": None,
        "ends_at": None,
        "location": "Park",
    }
    assert datetime.fromisoformat(context["before"]["starts_at"]) == start
    assert context["event"]["starts_at"] == (start + HOUR).isoformat()
    assert context["has_seat"] is True


class TestFactsThatEachPersonKnows:
    def test_rsvp_in_between_gets_the_later_changes(
        self, attended: Event, ada: User, sam: User, at: At
    ) -> None:
        place(attended, "Park")
        place(attended, "Hall")
        join_event(event_id=attended.pk, attendee=sam)
        place(attended, "Park")
        at(10.1)
        fan_out()
        assert announced_places(ada) == [("Town hall", "Park")]
        assert announced_places(sam) == [("Hall", "Park")]

    def test_interest_in_between_gets_the_later_changes(
        self, attended: Event, sam: User, at: At
    ) -> None:
        """Interest has no receipt, so the person saw the place on the page."""
        place(attended, "Park")
        place(attended, "Hall")
        mark_interested(event_id=attended.pk, attendee=sam)
        place(attended, "Cellar")
        at(10.1)
        fan_out()
        assert announced_places(sam) == [("Hall", "Cellar")]

    def test_rsvp_after_all_changes_gets_nothing(self, attended: Event, sam: User, at: At) -> None:
        place(attended, "Park")
        place(attended, "Hall")
        join_event(event_id=attended.pk, attendee=sam)
        at(10.1)
        fan_out()
        assert announced_places(sam) == []

    def test_leaving_and_coming_back_shows_the_change(
        self, attended: Event, ada: User, at: At
    ) -> None:
        place(attended, "Park")
        place(attended, "Hall")
        leave_event(event_id=attended.pk, attendee=ada)
        join_event(event_id=attended.pk, attendee=ada)
        place(attended, "Park")
        at(10.1)
        fan_out()
        assert announced_places(ada) == [("Town hall", "Park"), ("Hall", "Park")]

    def test_leaving_for_good_sends_nothing(self, attended: Event, ada: User, at: At) -> None:
        place(attended, "Park")
        place(attended, "Hall")
        leave_event(event_id=attended.pk, attendee=ada)
        at(10.1)
        fan_out()
        assert announced_places(ada) == [("Town hall", "Park")]

    def test_reminder_in_between_is_corrected(self, olive: User, ada: User, at: At) -> None:
        start = timezone.now() + HOUR + timedelta(minutes=4)
        event = EventFactory.create(created_by=olive, start_time=start)
        join_event(event_id=event.pk, attendee=ada)
        write_due_reminders()
        for location in ("Park", "Hall"):
            place(event, location)
        at(5)
        write_due_reminders()
        assert announced_places(ada, Kind.REMINDER) == [("–", "Hall")]
        place(event, "Park")
        at(10.1)
        fan_out()
        assert announced_places(ada) == [("Town hall", "Park"), ("Hall", "Park")]


class TestOtherKinds:
    def test_cancellation_is_announced_at_once_instead_of_the_change(
        self, attended: Event, ada: User, at: At
    ) -> None:
        place(attended, "Park")
        place(attended, "Hall")
        cancel_event(event_id=attended.pk)
        assert fan_out() == 1
        at(10.1)
        assert fan_out() == 0
        assert len(announced_places(ada)) == 1
        assert not ChangeWindow.objects.filter(is_waiting=True).exists()

    def test_deleted_event_announces_no_change(self, attended: Event, ada: User, at: At) -> None:
        place(attended, "Park")
        place(attended, "Hall")
        delete_event(event_id=attended.pk)
        at(10.1)
        fan_out()
        assert len(announced_places(ada)) == 1

    def test_receipts_are_not_merged(self, event: Event, ada: User) -> None:
        for _ in range(3):
            join_event(event_id=event.pk, attendee=ada)
            leave_event(event_id=event.pk, attendee=ada)
        assert Notification.objects.count() == 6

    @pytest.mark.parametrize("back", [False, True])
    def test_delayed_postponement_is_announced_if_still_true(
        self, attended: Event, ada: User, at: At, back: bool
    ) -> None:
        place(attended, "Park")
        for status in [Event.POSTPONED, ""][: 1 + back]:
            update_event(event_id=attended.pk, changes={"external_status": status})
        at(10.1)
        assert fan_out() == (0 if back else 1)
        contexts = Notification.objects.filter(kind=Kind.EVENT_CHANGED).order_by("id")
        postponed = [bool(n.context.get("is_postponed")) for n in contexts]
        assert postponed == ([False] if back else [False, True])


class TestSeries:
    def test_changes_of_a_series_are_one_message(self, olive: User, ada: User, at: At) -> None:
        series, dates = series_with(olive, 5, 5, 5)
        join_series(series_id=series.pk, attendee=ada)
        for location in ("Park", "Hall", "Cellar"):
            update_series(series_id=series.pk, changes={"location": location})
            fan_out()
        at(10.1)
        assert fan_out() == 1
        rows = Notification.objects.filter(user=ada, kind=Kind.EVENT_CHANGED).order_by("id")
        assert [(n.event_id, n.context["more"], n.context["before"]["location"]) for n in rows] == [
            (dates[0].pk, 2, "Town hall"),
            (dates[0].pk, 2, "Park"),
        ]

    def test_date_that_differs_no_more_is_not_counted(self, olive: User, ada: User, at: At) -> None:
        series, dates = series_with(olive, 5, 5, 5)
        join_series(series_id=series.pk, attendee=ada)
        for location in ("Park", "Hall"):
            update_series(series_id=series.pk, changes={"location": location})
            fan_out()
        update_event(event_id=dates[0].pk, changes={"location": "Park"})
        at(10.1)
        fan_out()
        latest = Notification.objects.filter(user=ada, kind=Kind.EVENT_CHANGED).latest("id")
        assert (latest.event_id, latest.context["more"]) == (dates[1].pk, 1)

    def test_first_change_of_each_date_is_announced_at_once(self, olive: User, ada: User) -> None:
        series, dates = series_with(olive, 5, 5)
        join_series(series_id=series.pk, attendee=ada)
        place(dates[0], "Park")
        update_series(series_id=series.pk, changes={"location": "Hall"})
        fan_out()
        rows = Notification.objects.filter(user=ada, kind=Kind.EVENT_CHANGED).order_by("id")
        assert [n.event_id for n in rows] == [dates[0].pk, dates[1].pk]


class TestOutage:
    def test_changes_are_compared_with_a_message_that_waits(
        self, attended: Event, ada: User, at: At
    ) -> None:
        """If this message were skipped, no other one would name the park."""
        place(attended, "Park")
        plan_all()
        place(attended, "Hall")
        at(2)
        for pk in Delivery.objects.values_list("pk", flat=True):
            deliver(pk)
        place(attended, "Park")
        at(10.1)
        assert fan_out() == 0
        change = Delivery.objects.get(notification__kind=Kind.EVENT_CHANGED)
        assert change.status == "sent"

    def test_task_of_the_worker_announces_waiting_changes(
        self, attended: Event, ada: User, at: At
    ) -> None:
        """Everything is in the database, so another process continues after a restart."""
        place(attended, "Park")
        place(attended, "Hall")
        at(30)
        fan_out_task()
        assert announced_places(ada) == [("Town hall", "Park"), ("Park", "Hall")]


class TestBounds:
    def test_many_edits_leave_a_small_row(self, attended: Event, at: At) -> None:
        place(attended, "Park")
        for number in range(60):
            join_event(event_id=attended.pk, attendee=UserFactory.create())
            update_event(event_id=attended.pk, changes={"location": f"Room {number}"})
        assert len(ChangeWindow.objects.get().waiting) == changes._MOST_WAITING

    @pytest.mark.parametrize("people", [1, 3])
    def test_messages_cost_the_same_for_any_crowd(self, event: Event, people: int, at: At) -> None:
        update_event(event_id=event.pk, changes={"max_attendees": None})
        fill(event, people)
        for location in ("Park", "Hall"):
            place(event, location)
        at(10.1)
        changes.release_due()
        announcement = Announcement.objects.get(finished_at=None)
        with CaptureQueriesContext(connection) as captured:
            fan_out()
        assert Notification.objects.filter(kind=Kind.EVENT_CHANGED).count() == 2 * people
        assert announcement.changes
        words = ("SELECT", "INSERT", "UPDATE")
        # Due and unfinished announcements; the announcement, people, their RSVP changes; these
        # again and their messages; notifications, the progress; the announcement once more.
        assert len([q for q in captured if q["sql"].startswith(words)]) == 10
