"""Helpers for check-in: events with open check-in, tickets and check-ins."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from events.models import Event, Helper, Tally
from notifications.models import Notification
from rsvp.check_in import Scan, check_in, undo_check_in
from rsvp.models import Rsvp
from rsvp.services import join_event
from rsvp.tickets import code_of
from tests.factories import EventFactory


def open_event(**more: Any) -> Event:
    """Create an event that starts in an hour, so that RSVPs and check-ins are possible."""
    start = timezone.now() + timedelta(hours=1)
    return EventFactory.create(**{"start_time": start} | more)


def going(event: Event, person: User, *, guests: int = 0) -> Rsvp:
    return join_event(event_id=event.pk, attendee=person, guests=guests)[0]


def ticket(event: Event, person: User, *, guests: int = 0) -> str:
    return code_of(going(event, person, guests=guests))


def let_in(event: Event, person: User, by: User, *, people: int | None = None) -> Rsvp:
    return check_in(event_id=event.pk, scan=Scan(user_id=person.pk, people=people), by=by)


def arrived(event: Event) -> int:
    return Tally.objects.get(pk=event.pk).arrived


def move_start(event: Event, **away: float) -> None:
    """Move the start to this time from now; the event lasts two hours."""
    start = timezone.now() + timedelta(**away)
    Event.objects.filter(pk=event.pk).update(start_time=start, end_time=start + timedelta(hours=2))


def name_helper(event: Event, person: User) -> None:
    Helper.objects.create(event=event, user=person)


def let_out(event: Event, person: User, by: User) -> Rsvp:
    return undo_check_in(event_id=event.pk, scan=Scan(user_id=person.pk), by=by)


def row(person: User) -> tuple[str, int, int, bool]:
    """Return status, guests, arrivals, and whether the RSVP is the person's own."""
    rsvp = Rsvp.objects.get(user=person)
    return rsvp.status, rsvp.guests, rsvp.arrived, rsvp.is_own


def kinds_sent(person: User) -> list[str]:
    return [
        notification.kind
        for notification in Notification.objects.filter(user=person).order_by("id")
    ]
