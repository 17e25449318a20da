"""A change of a series is one message for each person, about their own dates."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from events.models import Event, Series, Tally
from events.services.events import cancel_event, delete_event, update_event
from events.signals import occurrences_moved, occurrences_off
from notifications.models import Notification
from rsvp.messages import announcements
from rsvp.messages.announcements import fan_out
from rsvp.models import Announcement, Rsvp
from rsvp.notifications import ChangeContext, is_change_true
from rsvp.services import join_event, join_series, leave_event, leave_series, mark_interested
from tests.factories import begin, end, fill, people
from tests.rsvp.dates import series_with

HOUR = timedelta(hours=1)


def move(series: Series, dates: list[Event]) -> None:
    """Move the dates by an hour, like a change of the series."""
    moved = []
    for date in dates:
        event = Event.objects.get(pk=date.pk)
        before = {"start_time": event.start_time, "end_time": event.end_time}
        event.start_time, event.end_time = event.start_time + HOUR, event.end_time + HOUR
        event.sequence += 1
        event.save()
        moved.append((event, Tally.objects.get(pk=event.pk), before))
    occurrences_moved.send(sender=Series, series=series, moved=moved)


def call_off(series: Series, dates: list[Event], reason: str = "") -> None:
    Event.objects.filter(pk__in=[event.pk for event in dates]).update(
        status="cancelled", cancellation_reason=reason
    )
    events = list(Event.objects.filter(pk__in=[event.pk for event in dates]))
    occurrences_off.send(sender=Series, series=series, events=events)


def messages(kind: str) -> list[tuple[str, int | None, int]]:
    """Return the messages: person, event, and number of other events."""
    rows = Notification.objects.filter(kind=kind).order_by("user_id", "id").select_related("user")
    return [(n.user.username, n.event_id, n.context.get("more", 0)) for n in rows]


def test_everyone_is_notified_once_about_their_own_first_date(
    olive: User, ada: User, sam: User
) -> None:
    series, dates = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    join_event(event_id=dates[2].pk, attendee=sam)
    call_off(series, dates)
    assert messages("event_cancelled") == []
    assert fan_out() == 2
    assert messages("event_cancelled") == [("ada", dates[0].pk, 2), ("sam", dates[2].pk, 0)]
    announcement = Announcement.objects.get()
    assert (announcement.event, announcement.told) == (dates[0], 2)


def test_repeating_it_notifies_nobody(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    call_off(series, dates)
    assert [fan_out(), fan_out()] == [1, 0]


def test_dates_are_counted_by_live_rsvps(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    leave_event(event_id=dates[0].pk, attendee=ada)
    mark_interested(event_id=dates[1].pk, attendee=ada)
    call_off(series, dates)
    fan_out()
    assert messages("event_cancelled") == [("ada", dates[1].pk, 1)]
    assert Notification.objects.get(kind="event_cancelled").context["has_seat"] is False


def test_reason_is_announced(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    call_off(series, dates, reason="Rain.")
    fan_out()
    assert Notification.objects.get(kind="event_cancelled").context["reason"] == "Rain."


def test_reason_of_a_single_event_is_announced(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    Event.objects.filter(pk=event.pk).update(cancellation_reason="Rain.")
    cancel_event(event_id=event.pk)
    fan_out()
    assert Notification.objects.get(kind="event_cancelled").context["reason"] == "Rain."


def test_message_expires_at_the_end_of_the_persons_last_date(
    olive: User, ada: User, sam: User
) -> None:
    series, dates = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    join_event(event_id=dates[1].pk, attendee=sam)
    call_off(series, dates)
    fan_out()
    rows = Notification.objects.filter(kind="event_cancelled").order_by("user_id")
    assert [n.useful_until for n in rows] == [dates[2].end_time, dates[1].end_time]


def test_move_has_the_former_facts_of_its_date(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    move(series, dates)
    fan_out()
    context = Notification.objects.get(kind="event_changed").context
    start, stop = dates[0].start_time, dates[0].end_time
    assert context["before"] == {"starts_at": start.isoformat(), "ends_at": stop.isoformat()}
    assert context["event"]["starts_at"] == (start + HOUR).isoformat()
    assert (context["more"], context["has_seat"]) == (1, True)


def test_each_move_is_announced_also_after_one_of_a_single_date(olive: User, ada: User) -> None:
    """Each date counts its own changes: the numbers of two dates may be the same."""
    series, dates = series_with(olive, 5, 5)
    join_event(event_id=dates[1].pk, attendee=ada)
    now = timezone.now()
    update_event(event_id=dates[1].pk, changes={"location": "Park"})
    for minutes in (11, 22):
        with travel(now + timedelta(minutes=minutes)):
            move(series, dates)
            fan_out()
    assert messages("event_changed") == [("ada", dates[1].pk, 0)] * 3


def test_person_who_rsvps_after_the_move_is_not_notified_of_it(
    olive: User, ada: User, sam: User
) -> None:
    series, dates = series_with(olive, 5, 5)
    join_event(event_id=dates[1].pk, attendee=ada)
    move(series, dates)
    join_series(series_id=series.pk, attendee=ada)
    join_series(series_id=series.pk, attendee=sam)
    fan_out()
    assert messages("event_changed") == [("ada", dates[1].pk, 0)]


def test_person_who_left_before_the_fan_out_is_not_notified(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    move(series, dates)
    leave_series(series_id=series.pk, attendee=ada)
    assert fan_out() == 0


def test_drafts_and_past_dates_are_not_announced(olive: User, ada: User) -> None:
    series, (over, draft, open_one) = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    end(over)
    Event.objects.filter(pk=draft.pk).update(status="draft")
    events = list(Event.objects.filter(pk__in=[over.pk, draft.pk, open_one.pk]))
    occurrences_off.send(sender=Series, series=series, events=events)
    fan_out()
    assert messages("event_cancelled") == [("ada", open_one.pk, 0)]


def test_nothing_is_written_without_people(olive: User) -> None:
    series, dates = series_with(olive, 5)
    end(dates[0])
    call_off(series, dates)
    assert Announcement.objects.count() == 0


def test_cancelled_with_its_series_then_deleted_is_announced_once(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    call_off(series, dates)
    for event in dates:
        delete_event(event_id=event.pk)
    fan_out()
    assert messages("event_cancelled") == [("ada", dates[0].pk, 1)]


def test_waitlist_of_a_moved_date_is_promoted(olive: User, ada: User) -> None:
    """The past start closed the waitlist; the new one opens it."""
    series, [event] = series_with(olive, 1)
    [holder] = fill(event, 1)
    join_event(event_id=event.pk, attendee=ada)
    begin(event)
    leave_event(event_id=event.pk, attendee=holder)
    assert Rsvp.objects.get(user=ada).status == "waitlisted"
    later = timezone.now() + timedelta(days=1)
    Event.objects.filter(pk=event.pk).update(start_time=later, end_time=later + HOUR)
    move(series, [event])
    assert Rsvp.objects.get(user=ada).status == "going"


@pytest.mark.parametrize("most_answers", [100, 4])
def test_batches_continue_after_an_interruption(
    olive: User, monkeypatch: pytest.MonkeyPatch, most_answers: int
) -> None:
    """Two people per batch: by their number, or because they have four RSVPs to two dates."""
    series, dates = series_with(olive, None, None)
    crowd = people(5)
    for person in crowd:
        join_series(series_id=series.pk, attendee=person)
    call_off(series, dates)
    monkeypatch.setattr(announcements, "BATCH", 2 if most_answers == 100 else 100)
    monkeypatch.setattr(announcements, "_MOST_RSVPS", most_answers)
    assert announcements._notify_next(Announcement.objects.get().pk) == 2
    assert fan_out() == 3
    assert messages("event_cancelled") == [(person.username, dates[0].pk, 1) for person in crowd]
    assert Announcement.objects.unfinished().count() == 0


@pytest.mark.parametrize(("dates", "crowd"), [(1, 1), (3, 1), (3, 30)])
def test_messages_cost_the_same_for_any_dates_and_crowd(
    olive: User, dates: int, crowd: int
) -> None:
    series, events = series_with(olive, *[None] * dates)
    for person in people(crowd):
        join_series(series_id=series.pk, attendee=person)
    with CaptureQueriesContext(connection) as announcing:
        call_off(series, events)
    assert len([q for q in announcing if "INSERT" in q["sql"]]) == 1
    [pk] = Announcement.objects.values_list("pk", flat=True)
    with CaptureQueriesContext(connection) as notifying:
        announcements._notify_next(pk)
    words = ("SELECT", "INSERT", "UPDATE")
    # The announcement, people, their RSVP changes; notifications, the progress.
    assert len([q for q in notifying if q["sql"].startswith(words)]) == 5


@pytest.mark.parametrize(
    ("changes", "holds"),
    [({}, True), ({"description": "More."}, True), ({"location": "Park"}, False)],
)
def test_delayed_move_is_sent_while_it_is_true(
    olive: User, ada: User, changes: dict[str, Any], holds: bool
) -> None:
    series, dates = series_with(olive, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    move(series, dates)
    fan_out()
    with travel(timezone.now() + timedelta(minutes=11)):
        update_event(event_id=dates[0].pk, changes=changes)
    change = Notification.objects.get(kind="event_changed")
    with travel(timezone.now() + timedelta(minutes=12)):
        assert is_change_true(change, ChangeContext.read(change.context)) is holds
