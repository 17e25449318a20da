"""Announcements to a crowd: the request writes one row, the worker writes the rest."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event, delete_event, update_event
from notifications.models import Notification
from rsvp.messages import announcements
from rsvp.messages.announcements import fan_out
from rsvp.models import Announcement
from rsvp.services import join_event, leave_event, mark_interested
from tests.client import Api
from tests.factories import EventFactory, event_body, fill


def recipient_ids(kind: str) -> set[int]:
    return set(Notification.objects.filter(kind=kind).values_list("user_id", flat=True))


def ids(people: list[User]) -> set[int]:
    return {person.pk for person in people}


def test_cancelled_event_is_announced_to_all_who_rsvped(event: Event, ada: User, sam: User) -> None:
    crowd = fill(event, 3)  # two seats: one waits
    mark_interested(event_id=event.pk, attendee=ada)
    join_event(event_id=event.pk, attendee=sam)
    leave_event(event_id=event.pk, attendee=sam)
    cancel_event(event_id=event.pk)
    assert recipient_ids("event_cancelled") == set()
    assert fan_out() == 4
    assert recipient_ids("event_cancelled") == ids([*crowd, ada])
    assert Announcement.objects.get().told == 4


def test_message_contains_whether_the_person_has_a_seat(event: Event, ada: User) -> None:
    """Waiting people must not get the calendar file."""
    fill(event, 2)
    join_event(event_id=event.pk, attendee=ada)
    update_event(event_id=event.pk, changes={"location": "Park"})
    fan_out()
    changed = Notification.objects.filter(kind="event_changed").order_by("user_id")
    seats = {n.user_id: n.context["has_seat"] for n in changed}
    assert (seats.pop(ada.pk), set(seats.values())) == (False, {True})


def test_repeating_it_notifies_nobody(event: Event) -> None:
    fill(event, 2)
    cancel_event(event_id=event.pk)
    assert [fan_out(), fan_out()] == [2, 0]
    assert Notification.objects.filter(kind="event_cancelled").count() == 2


def test_deleted_event_is_announced_as_cancelled(event: Event) -> None:
    crowd = fill(event, 2)
    delete_event(event_id=event.pk)
    fan_out()
    assert recipient_ids("event_cancelled") == ids(crowd)


def test_cancelled_then_deleted_is_announced_once(event: Event) -> None:
    fill(event, 2)
    cancel_event(event_id=event.pk)
    delete_event(event_id=event.pk)
    assert Announcement.objects.count() == 1


def test_cancelling_twice_is_announced_once(event: Event) -> None:
    cancel_event(event_id=event.pk)
    cancel_event(event_id=event.pk)
    assert Announcement.objects.count() == 1


def test_moved_event_has_its_former_facts(event: Event) -> None:
    crowd = fill(event, 1)
    start, end_time, location = event.start_time, event.end_time, event.location
    later = start + timedelta(hours=1)
    update_event(event_id=event.pk, changes={"start_time": later, "location": "Park"})
    fan_out()
    notification = Notification.objects.get(kind="event_changed")
    assert notification.user_id == crowd[0].pk
    assert notification.context["before"] == {
        "starts_at": start.isoformat(),
        "ends_at": end_time.isoformat(),
        "location": location,
    }
    assert notification.context["event"]["starts_at"] == later.isoformat()
    assert notification.context["event"]["sequence"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "More."},
        {"max_attendees": 9},
        {"title": "Better"},
        {"timezone": "Asia/Tokyo"},
        {},
    ],
)
def test_other_changes_are_not_announced(event: Event, changes: dict[str, object]) -> None:
    update_event(event_id=event.pk, changes=changes)
    assert Announcement.objects.count() == 0


def test_each_move_is_announced(event: Event) -> None:
    """tests/rsvp/test_change_windows.py covers several moves within ten minutes."""
    fill(event, 1)
    now = timezone.now()
    for minutes, place in ((0, "Park"), (11, "Hall")):
        with travel(now + timedelta(minutes=minutes)):
            update_event(event_id=event.pk, changes={"location": place})
            fan_out()
    changed = Notification.objects.filter(kind="event_changed").order_by("id")
    assert [n.context["event"]["location"] for n in changed] == ["Park", "Hall"]


def test_person_who_rsvps_after_the_change_is_not_notified_of_it(event: Event, ada: User) -> None:
    update_event(event_id=event.pk, changes={"location": "Park"})
    join_event(event_id=event.pk, attendee=ada)
    fan_out()
    assert recipient_ids("event_changed") == set()


def test_draft_notifies_nobody(olive: User) -> None:
    draft = EventFactory.create(created_by=olive, status="draft")
    update_event(event_id=draft.pk, changes={"location": "Park"})
    delete_event(event_id=draft.pk)
    assert Announcement.objects.count() == 0


def test_batches_continue_after_an_interruption(
    event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_event(event_id=event.pk, changes={"max_attendees": None})
    crowd = fill(event, 5)
    cancel_event(event_id=event.pk)
    monkeypatch.setattr(announcements, "BATCH", 2)
    assert announcements._notify_next(Announcement.objects.get().pk) == 2
    assert fan_out() == 3
    assert recipient_ids("event_cancelled") == ids(crowd)
    assert Announcement.objects.unfinished().count() == 0


@pytest.mark.parametrize("attendees", [1, 30])
def test_cancelling_costs_the_same_for_any_crowd(
    event: Event, attendees: int, as_olive: Api
) -> None:
    update_event(event_id=event.pk, changes={"max_attendees": None})
    fill(event, attendees)
    with CaptureQueriesContext(connection) as captured:
        as_olive.patch(f"/events/{event.pk}/", {"status": "cancelled"})
    assert len([q for q in captured if "INSERT" in q["sql"]]) == 1
    assert not [q for q in captured if "notifications_notification" in q["sql"]]


def test_admin_action_announces_cancellations(
    event: Event, as_olive: Api, admin_page: object
) -> None:
    fill(event, 1)
    assert callable(admin_page)
    data = {"action": "cancel", "_selected_action": event.pk}
    admin_page("/events/event/", data)
    assert fan_out() == 1


def test_new_event_has_a_publication_date(as_olive: Api) -> None:
    published = as_olive.post("/events/", event_body())
    draft = as_olive.post("/events/", event_body(status="draft"))
    assert Event.objects.get(pk=published["id"]).published_at is not None
    assert Event.objects.get(pk=draft["id"]).published_at is None
    as_olive.patch(f"/events/{draft['id']}/", {"status": "published"})
    assert Event.objects.get(pk=draft["id"]).published_at is not None
