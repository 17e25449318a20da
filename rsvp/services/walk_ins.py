"""Who comes without a seat, or with more people than seats."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from events.models import Tally
from rsvp.messages import tell_of_answer
from rsvp.models import MOST_GUESTS, Rsvp
from rsvp.services.answers import leave_locked, lock_attendee
from rsvp.services.door import (
    TooManyPeople,
    entry_of,
    let_in,
    open_door,
    require_open,
    save_check_ins,
)
from rsvp.services.seats import EventFull, note_and_save, seat_those_waiting

Status = Rsvp.Status


class NoSeatForWalkIn(EventFull):
    message = "There is no seat for so many."
    next_step = ""


@transaction.atomic
def admit_walk_in(*, event_id: int, attendee: User, people: int | None = None, by: User) -> Rsvp:
    """Let somebody in who has no seat, or brings more people than seats: they take free ones.

    Before the start nobody overtakes those who wait; from then on the line is closed, and free
    seats are free. Raises EventNotFound, EventCancelled, AccountInactive, NoSeatForWalkIn,
    CheckInNotOpen, CheckInClosed, TooManyPeople and AlreadyCheckedIn.
    """
    tally, event = open_door(event_id)
    lock_attendee(attendee)
    rsvp = Rsvp.objects.filter(event=event, user=attendee).first()
    rsvp = rsvp or Rsvp(has_answered=False)
    rsvp.event, rsvp.user = event, attendee
    now = timezone.now()
    require_open(event, now)
    seats_held = rsvp.party if rsvp.status == Status.GOING else 0
    come = people or (0 if seats_held else 1)
    if extra := max(come - (seats_held - rsvp.arrived), 0):
        _take_free_seats(tally, rsvp, seats_held, extra, now)
    came = let_in(rsvp, people, now)
    entry = entry_of(rsvp, came, now, by, is_walk_in=not seats_held, seats=extra)
    save_check_ins(tally, [rsvp], [entry])
    return rsvp


def _take_free_seats(tally: Tally, rsvp: Rsvp, seats_held: int, extra: int, now: datetime) -> None:
    is_line_open = not rsvp.event.has_started(now)
    if not tally.has_room_for(extra) or (is_line_open and tally.is_full):
        raise NoSeatForWalkIn
    if seats_held + extra > 1 + MOST_GUESTS:
        raise TooManyPeople(1 + MOST_GUESTS - rsvp.arrived)
    answer = note_and_save(tally, rsvp, Status.GOING, seats_held + extra - 1)
    assert answer
    tell_of_answer(rsvp, answer, rsvp.event)


def give_back(tally: Tally, rsvp: Rsvp, seats: int) -> None:
    """Pass seats that the door gave on to whoever waits, before the start."""
    if seats == rsvp.party:
        leave_locked(tally, rsvp.event, rsvp)
        return
    answer = note_and_save(tally, rsvp, Status.GOING, rsvp.guests - seats)
    assert answer
    tell_of_answer(rsvp, answer, rsvp.event)
    seat_those_waiting([(tally, rsvp.event)])
