"""Changes of a whole series, and the messages about them."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from accounts.services.erasure import erase
from events.models import Event, Tally
from events.series.changes import update_series
from events.series.endings import cancel_series, delete_series
from notifications.models import Notification
from rsvp.messages.announcements import fan_out
from rsvp.models import Rsvp
from rsvp.services import join_series
from tests.invariants import check_invariants
from tests.rsvp.dates import series_with
from tests.rsvp.test_overtaken import sent_after

pytestmark = pytest.mark.both


def messages_to(person: User) -> list[tuple[str, int | None, int]]:
    """Return kind, event and number of other events of each message."""
    rows = person.notifications.order_by("id")
    return [(n.kind, n.event_id, n.context.get("more", 0)) for n in rows]


def test_cancelled_series_is_one_message_with_its_reason(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    cancel_series(series_id=series.pk, reason="The hall burned down.")
    assert sent_after(seconds=1) == [("rsvp_confirmed", "sent"), ("event_cancelled", "sent")]
    assert messages_to(ada)[1:] == [("event_cancelled", dates[0].pk, 2)]
    assert "> The hall burned down.\n" in mail.outbox[1].body


def test_deleted_series_is_one_message(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    delete_series(series_id=series.pk)
    assert fan_out() == 1
    assert messages_to(ada)[1:] == [("event_cancelled", dates[0].pk, 2)]


def test_series_cancelled_then_deleted_is_announced_once(olive: User, ada: User) -> None:
    series, _ = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    cancel_series(series_id=series.pk)
    delete_series(series_id=series.pk)
    assert fan_out() == 1


def test_moved_series_is_one_message(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    now = timezone.now()
    for minutes, place in ((0, "Park"), (11, "Cellar")):
        with travel(now + timedelta(minutes=minutes)):
            update_series(series_id=series.pk, changes={"location": place})
            fan_out()
    assert messages_to(ada)[1:] == [("event_changed", dates[0].pk, 2)] * 2
    changed = Notification.objects.filter(kind="event_changed").order_by("id")
    assert [n.context["before"] for n in changed] == [
        {"location": "Town hall"},
        {"location": "Park"},
    ]


def test_later_series_names_the_new_time(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    later = dates[0].start_time + timedelta(hours=1)
    changes = {"start_time": later, "end_time": later + timedelta(hours=2)}
    update_series(series_id=series.pk, changes=changes)
    fan_out()
    context = ada.notifications.get(kind="event_changed").context
    assert context["event"]["starts_at"] == later.isoformat()
    assert context["before"] == {
        "starts_at": dates[0].start_time.isoformat(),
        "ends_at": dates[0].end_time.isoformat(),
    }


def test_more_seats_for_a_series_go_to_its_waitlists(olive: User, ada: User, sam: User) -> None:
    series, dates = series_with(olive, 1, 1, max_attendees=1)
    for person in (sam, ada):
        join_series(series_id=series.pk, attendee=person)
    update_series(series_id=series.pk, changes={"max_attendees": 2})
    assert messages_to(ada)[1:] == [("promoted", event.pk, 0) for event in dates]
    check_invariants()


def test_dates_that_the_rule_drops_are_one_message(olive: User, ada: User) -> None:
    """They are cancelled, because they have RSVPs; the date that stays is not announced."""
    series, dates = series_with(olive, 5, 5, 5)
    join_series(series_id=series.pk, attendee=ada)
    update_series(series_id=series.pk, changes={"recurrence_pattern": "FREQ=WEEKLY;COUNT=1"})
    fan_out()
    assert messages_to(ada)[1:] == [("event_cancelled", dates[1].pk, 1)]
    assert Event.objects.filter(series=series, status="cancelled").count() == 2


@pytest.mark.parametrize("dates", [1, 3])
def test_erased_organizer_ends_a_series_with_one_message(
    olive: User, ada: User, dates: int
) -> None:
    series, _ = series_with(olive, *[5] * dates)
    join_series(series_id=series.pk, attendee=ada)
    erase(user_id=olive.pk)
    fan_out()
    assert [kind for kind, *_ in messages_to(ada)] == ["rsvp_confirmed", "event_cancelled"]


def test_erased_attendee_leaves_every_date(olive: User, ada: User, sam: User) -> None:
    series, dates = series_with(olive, 1, 1)
    for person in (ada, sam):
        join_series(series_id=series.pk, attendee=person)
    erase(user_id=ada.pk)
    assert set(Rsvp.objects.filter(user=sam).values_list("status", flat=True)) == {"going"}
    assert [Tally.objects.get(pk=event.pk).going for event in dates] == [1, 1]
