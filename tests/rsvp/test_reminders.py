"""Reminders follow changes of the event, are due once, and expire."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from time_machine import Traveller

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event, delete_event, update_event
from notifications.models import Delivery, Notification
from notifications.services import set_preferences
from notifications.tasks import relay
from rsvp.messages.reminders import write_due_reminders
from rsvp.models import ReminderSweep
from rsvp.services import join_event, leave_event, mark_interested
from tests.factories import EventFactory, fill

pytestmark = pytest.mark.slow

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def event(clock: object, olive: User) -> Event:
    """Olive's event in three days, at noon."""
    start = NOON + timedelta(days=3)
    return EventFactory.create(created_by=olive, start_time=start, max_attendees=2)


def sweep_at(clock: Traveller, when: datetime) -> list[str]:
    """Run the task at this time; return the people reminded, with their lead times."""
    clock.move_to(when)
    known = set(Notification.objects.values_list("pk", flat=True))
    write_due_reminders()
    new = Notification.objects.filter(kind="reminder").exclude(pk__in=known).order_by("id")
    return [f"{n.user.username} {n.occasion.split()[-2]}" for n in new.select_related("user")]


def minute_by_minute(
    clock: Traveller, start: datetime, end: datetime
) -> list[tuple[datetime, str]]:
    reminded = []
    while start <= end:
        reminded += [(start, who) for who in sweep_at(clock, start)]
        start += timedelta(minutes=1)
    return reminded


def test_reminders_come_at_their_lead_times(clock: Traveller, event: Event, ada: User) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    start = event.start_time
    near = timedelta(minutes=5)
    day_before, hour_before = start - timedelta(days=1), start - timedelta(hours=1)
    assert minute_by_minute(clock, day_before - near, day_before + near) == [
        (day_before, "ada 1440")
    ]
    assert minute_by_minute(clock, hour_before - near, start + near) == [(hour_before, "ada 60")]


def test_own_lead_times_are_used(clock: Traveller, event: Event, ada: User) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    set_preferences(user_id=ada.pk, changes={"reminder_minutes": [30]})
    start = event.start_time
    assert minute_by_minute(clock, start - timedelta(minutes=65), start) == [
        (start - timedelta(minutes=30), "ada 30")
    ]


def test_no_lead_times_send_no_reminders(clock: Traveller, event: Event, ada: User) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    set_preferences(user_id=ada.pk, changes={"reminder_minutes": []})
    assert sweep_at(clock, event.start_time - timedelta(minutes=1)) == []


def test_only_people_with_seats_are_reminded(
    clock: Traveller, event: Event, ada: User, sam: User
) -> None:
    write_due_reminders()
    seated = fill(event, 2)
    join_event(event_id=event.pk, attendee=ada)  # waits
    mark_interested(event_id=event.pk, attendee=sam)
    due = event.start_time - timedelta(hours=1)
    assert sweep_at(clock, due) == [f"{person.username} 60" for person in seated]


def test_person_who_left_is_not_reminded(clock: Traveller, event: Event, ada: User) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    leave_event(event_id=event.pk, attendee=ada)
    assert sweep_at(clock, event.start_time - timedelta(minutes=59)) == []


@pytest.mark.parametrize("end_it", [cancel_event, delete_event])
def test_cancelled_event_reminds_nobody(
    clock: Traveller, event: Event, ada: User, end_it: object
) -> None:
    assert callable(end_it)
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    end_it(event_id=event.pk)
    assert sweep_at(clock, event.start_time - timedelta(minutes=59)) == []


def test_event_that_its_provider_postponed_reminds_nobody(
    clock: Traveller, event: Event, ada: User
) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    update_event(event_id=event.pk, changes={"external_status": "postponed"})
    assert sweep_at(clock, event.start_time - timedelta(hours=1)) == []


def test_moved_event_reminds_at_its_new_time(clock: Traveller, event: Event, ada: User) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    start = event.start_time
    assert sweep_at(clock, start - timedelta(hours=1)) == ["ada 60"]
    later = start + timedelta(hours=2)
    update_event(
        event_id=event.pk,
        changes={"start_time": later, "end_time": later + timedelta(hours=1)},
    )
    assert minute_by_minute(clock, start - timedelta(minutes=59), later) == [
        (later - timedelta(hours=1), "ada 60")
    ]


def test_reminders_are_sent_after_an_hour_without_a_sweep(
    clock: Traveller, event: Event, ada: User
) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    start = event.start_time
    sweep_at(clock, start - timedelta(days=1, minutes=10))
    assert sweep_at(clock, start - timedelta(hours=23)) == ["ada 1440"]
    sweep_at(clock, start - timedelta(minutes=70))
    assert sweep_at(clock, start + timedelta(minutes=1)) == []  # too late: the event has started


def test_only_the_last_missed_reminder_is_sent(clock: Traveller, event: Event, ada: User) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    assert sweep_at(clock, event.start_time - timedelta(minutes=20)) == ["ada 60"]
    assert sweep_at(clock, event.start_time - timedelta(minutes=19)) == []


def test_person_who_joins_after_the_lead_time_is_not_reminded(
    clock: Traveller, event: Event, ada: User
) -> None:
    sweep_at(clock, event.start_time - timedelta(minutes=50))
    join_event(event_id=event.pk, attendee=ada)
    assert sweep_at(clock, event.start_time - timedelta(minutes=45)) == []


def test_person_who_joins_right_after_the_lead_time_is_not_reminded_either(
    clock: Traveller, event: Event, ada: User
) -> None:
    """Each sweep looks back a little, but not for new RSVPs."""
    due = event.start_time - timedelta(hours=1)
    sweep_at(clock, due)
    clock.move_to(due + timedelta(seconds=20))
    join_event(event_id=event.pk, attendee=ada)
    assert sweep_at(clock, due + timedelta(seconds=40)) == []


@pytest.mark.parametrize(
    "step", [timedelta(hours=-1), timedelta(minutes=-10), timedelta(minutes=-1)]
)
def test_clock_set_back_reminds_nobody_twice(
    clock: Traveller, event: Event, ada: User, step: timedelta
) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    due = event.start_time - timedelta(hours=1)
    assert sweep_at(clock, due) == ["ada 60"]
    assert sweep_at(clock, due + step) == []
    assert minute_by_minute(clock, due - timedelta(minutes=3), due + timedelta(minutes=3)) == []


def test_event_created_by_a_wrong_clock_gets_reminders(
    clock: Traveller, event: Event, ada: User
) -> None:
    """The sweep had run by a clock an hour ahead; then it was set right."""
    due = event.start_time - timedelta(hours=1)
    sweep_at(clock, due + timedelta(minutes=30))
    clock.move_to(due - timedelta(minutes=30))
    join_event(event_id=event.pk, attendee=ada)
    near = timedelta(minutes=3)
    assert minute_by_minute(clock, due - near, due + near) == [(due, "ada 60")]


@pytest.mark.parametrize(
    ("day", "offset"),
    [
        (datetime(2027, 3, 28, 19), 2),
        (datetime(2027, 10, 31, 19), 1),
    ],
)
def test_change_of_clocks_reminds_once_at_the_right_hour(
    clock: Traveller, olive: User, ada: User, day: datetime, offset: int
) -> None:
    start = day.replace(tzinfo=ZoneInfo("Europe/Berlin"))
    event = EventFactory.create(created_by=olive, start_time=start, timezone="Europe/Berlin")
    join_event(event_id=event.pk, attendee=ada)
    utc = datetime(day.year, day.month, day.day, 19 - offset, tzinfo=UTC)
    assert event.start_time == utc
    ReminderSweep.objects.create(pk=1, swept_until=utc - timedelta(days=2))
    day_before = utc - timedelta(days=1)
    near = timedelta(minutes=2)
    assert minute_by_minute(clock, day_before - near, day_before + near) == [
        (day_before, "ada 1440")
    ]
    assert minute_by_minute(clock, utc - timedelta(minutes=62), utc) == [
        (utc - timedelta(hours=1), "ada 60")
    ]
    ada.timezone = "Europe/Berlin"
    ada.save()
    relay()
    assert "19:00" in str(mail.outbox[-1].body)


@pytest.mark.parametrize("overtaken_by", ["leaving", "moving", "cancelling", "deleting"])
def test_outdated_reminder_is_not_sent(
    clock: Traveller, event: Event, ada: User, overtaken_by: str
) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    sweep_at(clock, event.start_time - timedelta(hours=1))
    if overtaken_by == "leaving":
        leave_event(event_id=event.pk, attendee=ada)
    elif overtaken_by == "moving":
        later = event.start_time + timedelta(minutes=30)
        update_event(event_id=event.pk, changes={"start_time": later})
    else:
        end: Any = {"cancelling": cancel_event, "deleting": delete_event}[overtaken_by]
        end(event_id=event.pk)
    relay()
    delivery = Delivery.objects.get(notification__kind="reminder")
    assert (delivery.status, delivery.error) == (
        "skipped",
        "A later change has replaced this message.",
    )


def test_reminder_is_dropped_after_the_start(clock: Traveller, event: Event, ada: User) -> None:
    write_due_reminders()
    join_event(event_id=event.pk, attendee=ada)
    sweep_at(clock, event.start_time - timedelta(hours=1))
    clock.move_to(event.start_time + timedelta(seconds=1))
    relay()
    assert not [m for m in mail.outbox if m.extra_headers["X-Notification-Kind"] == "reminder"]


def test_sweep_costs_the_same_for_every_attendee(
    clock: Traveller, event: Event, django_assert_num_queries: object
) -> None:
    assert callable(django_assert_num_queries)
    write_due_reminders()
    update_event(event_id=event.pk, changes={"max_attendees": None})
    fill(event, 25)
    clock.move_to(event.start_time - timedelta(hours=1))
    # The claim (3), leads in use; events and people at each of two leads, one insert; the end.
    with django_assert_num_queries(10):
        write_due_reminders()
