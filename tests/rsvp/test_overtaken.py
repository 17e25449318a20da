"""Delayed messages are not sent if they are no longer true."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from events.models import Event
from events.services.events import cancel_event, update_event
from notifications.models import Delivery
from notifications.relay import planning, sending
from rsvp.check_in import admit_walk_in
from rsvp.messages.announcements import fan_out
from rsvp.services import join_event, leave_event
from tests.factories import fill
from tests.rsvp.check_in_helpers import move_start

pytestmark = pytest.mark.both


def sent_after(seconds: float) -> list[tuple[str, str]]:
    """Return kind and status of each message that is delivered after this delay."""
    fan_out()
    planning.plan_all()
    with travel(timezone.now() + timedelta(seconds=seconds)):
        for delivery in Delivery.objects.order_by("id"):
            sending.deliver(delivery.pk)
    rows = Delivery.objects.order_by("id").values_list("notification__kind", "status")
    assert len(mail.outbox) == rows.filter(status="sent").count()
    return list(rows)


def test_delayed_receipts_send_the_last_state_only(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    leave_event(event_id=event.pk, attendee=ada)
    assert sent_after(seconds=90) == [("rsvp_confirmed", "skipped"), ("rsvp_cancelled", "sent")]


def test_receipts_of_this_minute_are_all_sent(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    leave_event(event_id=event.pk, attendee=ada)
    assert sent_after(seconds=5) == [("rsvp_confirmed", "sent"), ("rsvp_cancelled", "sent")]


def test_receipt_is_not_overtaken_by_an_unconfirmed_walk_in(
    event: Event, olive: User, ada: User
) -> None:
    """Otherwise an organizer could suppress the receipt of a person's own cancellation."""
    join_event(event_id=event.pk, attendee=ada)
    leave_event(event_id=event.pk, attendee=ada)
    move_start(event, hours=1)
    admit_walk_in(event_id=event.pk, attendee=ada, by=olive)
    assert sent_after(seconds=90) == [("rsvp_confirmed", "skipped"), ("rsvp_cancelled", "sent")]


def test_promotion_of_somebody_who_left_is_not_announced(event: Event, ada: User) -> None:
    first, _ = fill(event, 2)
    join_event(event_id=event.pk, attendee=ada)
    leave_event(event_id=event.pk, attendee=first)
    leave_event(event_id=event.pk, attendee=ada)
    sent_after(seconds=90)
    mine = ada.notifications.order_by("id")
    assert [(n.kind, n.deliveries.get().status) for n in mine] == [
        ("waitlisted", "skipped"),
        ("promoted", "skipped"),
        ("rsvp_cancelled", "sent"),
    ]


@pytest.mark.parametrize("then", ["moved again", "cancelled"])
def test_outdated_move_is_not_announced(event: Event, ada: User, then: str) -> None:
    join_event(event_id=event.pk, attendee=ada)
    update_event(event_id=event.pk, changes={"location": "B"})
    fan_out()
    if then == "cancelled":
        cancel_event(event_id=event.pk)
        last = "event_cancelled"
    else:
        # Within ten minutes it would wait and be merged with the first.
        with travel(timezone.now() + timedelta(minutes=11)):
            update_event(event_id=event.pk, changes={"location": "C"})
        last = "event_changed"
    assert sent_after(seconds=90)[1:] == [("event_changed", "skipped"), (last, "sent")]


def test_move_and_a_new_title_are_still_announced(event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    update_event(event_id=event.pk, changes={"location": "B"})
    update_event(event_id=event.pk, changes={"title": "Better"})
    assert sent_after(seconds=90)[1:] == [("event_changed", "sent")]
