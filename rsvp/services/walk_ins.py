"""Walk-ins: people without a seat, or parties with more people than seats.

A walk-in by ID or name is a record for the organizer only until the person confirms it
(docs/adr/0013). Nothing here sends mail to the person: they are present, or were never there.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.errors import NotThere
from events.models import Tally
from events.services.tallies import lock_tally
from rsvp.models import MOST_GUESTS, Rsvp
from rsvp.selectors import PersonNotFound
from rsvp.services.answers import AccountInactive, leave_locked, lock_attendee, visible_event
from rsvp.services.claims import answer_without_walk_in, claim, keep_own_answer
from rsvp.services.door import (
    NotGoing,
    TooManyPeople,
    entry_of,
    let_in,
    open_door,
    require_open,
    save_check_ins,
)
from rsvp.services.parties import Parties, Scan, scanned_before
from rsvp.services.seats import EventFull, note_and_save, seat_those_waiting

Status = Rsvp.Status


class NoSeatForWalkIn(EventFull):
    message = "Not enough seats are free for these people."
    next_step = ""


class WalkInNotFound(NotThere):
    message = "There is no walk-in for you to confirm at this event."


@transaction.atomic
def admit_walk_in(
    *,
    event_id: int,
    attendee: User,
    people: int | None = None,
    at: datetime | None = None,
    by: User,
) -> Rsvp:
    """Give free seats to a person without a seat, or with more people than seats.

    Without a seat of their own, the walk-in stays unconfirmed until the person confirms it, unless
    they admit themselves. The same person at the same instant `at` is the same walk-in, and
    changes nothing. Before the start, walk-ins cannot overtake the waitlist; after it, the
    waitlist is closed and any free seat can be taken. Raises EventNotFound, EventCancelled,
    PersonNotFound, NoSeatForWalkIn, CheckInNotOpen, CheckInClosed, TooManyPeople and
    AlreadyCheckedIn.
    """
    tally, event = open_door(event_id)
    rsvp = Rsvp.objects.filter(event=event, user=attendee).first() or Rsvp()
    rsvp.event, rsvp.user = event, attendee
    return _admit(tally, rsvp, people, at, by)


@transaction.atomic
def admit_guests(
    *, event_id: int, code: str, people: int | None = None, at: datetime | None = None, by: User
) -> Rsvp:
    """Give free seats to more people than a ticket has, as `admit_walk_in` does.

    The ticket is the person's consent. Also raises TicketUnknown, TicketVoid and NotGoing.
    """
    tally, event = open_door(event_id)
    scan = Scan(code=code)
    rsvp = Parties(event, [scan]).find(scan)
    if rsvp.status != Status.GOING:
        raise NotGoing
    return _admit(tally, rsvp, people, at, by)


@transaction.atomic
def confirm_walk_in(*, event_id: int, attendee: User) -> Rsvp:
    """Make a walk-in the person's own RSVP; twice is no error.

    Also after the end, because people may notice it late. Raises EventNotFound, AccountInactive and
    WalkInNotFound.
    """
    tally = lock_tally(event_id)
    event = visible_event(event_id)
    lock_attendee(attendee)
    rsvp = Rsvp.objects.filter(event=event, user=attendee, status=Status.GOING).first()
    if rsvp is None:
        raise WalkInNotFound
    rsvp.event, rsvp.user = event, attendee
    if rsvp.is_confirmed:
        if not rsvp.check_ins.filter(is_walk_in=True).exists() or not rsvp.arrived:
            raise WalkInNotFound
        return rsvp
    claim(rsvp)
    note_and_save(tally, rsvp, Status.GOING, rsvp.guests, is_claimed=True)
    return rsvp


def give_back(tally: Tally, rsvp: Rsvp, seats: int) -> None:
    """Before the start, pass seats of an undone walk-in on to waiting parties.

    People who had confirmed the walk-in, and lose all seats, are told.
    """
    is_whole = seats == rsvp.party
    if is_whole and rsvp.is_confirmed:
        leave_locked(tally, rsvp.event, rsvp)
        return
    left = (Status.GOING, rsvp.guests - seats)
    note_and_save(tally, rsvp, *(answer_without_walk_in(rsvp) if is_whole else left))
    seat_those_waiting([(tally, rsvp.event)])


def _admit(tally: Tally, rsvp: Rsvp, people: int | None, at: datetime | None, by: User) -> Rsvp:
    try:
        lock_attendee(rsvp.user)
    except AccountInactive as error:  # the attendee's, not the session of the person who checks in
        raise PersonNotFound from error
    now = timezone.now()
    scanned_at = at or now
    if rsvp.pk and scanned_before([rsvp], [Scan(at=at)]):
        return rsvp
    # A scan time in the future counts as now, but is kept, so that a repetition is recognised.
    at = min(scanned_at, now)
    require_open(rsvp.event, at)
    seats_held = rsvp.party if rsvp.status == Status.GOING else 0
    come = people or (0 if seats_held else 1)
    if extra := max(come - (seats_held - rsvp.arrived), 0):
        if not seats_held and by.pk != rsvp.user_id:
            keep_own_answer(rsvp)
        elif not seats_held:
            claim(rsvp)
        _take_free_seats(tally, rsvp, seats_held, extra, now)
    came = let_in(rsvp, people, at)
    entry = entry_of(rsvp, came, scanned_at, by, is_walk_in=not seats_held, seats=extra)
    save_check_ins(tally, [rsvp], [entry])
    return rsvp


def _take_free_seats(tally: Tally, rsvp: Rsvp, seats_held: int, extra: int, now: datetime) -> None:
    is_line_open = not rsvp.event.has_started(now)
    if not tally.has_room_for(extra) or (is_line_open and tally.is_full):
        raise NoSeatForWalkIn
    if seats_held + extra > 1 + MOST_GUESTS:
        raise TooManyPeople(1 + MOST_GUESTS - rsvp.arrived)
    note_and_save(tally, rsvp, Status.GOING, seats_held + extra - 1)
