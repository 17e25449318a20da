"""Walk-ins: people without a seat, or parties with more people than seats.

A walk-in by ID or name is a record for the organizer only until the person confirms it
(docs/adr/0013). Only an undo that takes away confirmed seats sends mail to the person.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from events.models import Tally
from events.services.tallies import lock_tally
from rsvp.check_in.parties import Parties, Scan, scanned_before
from rsvp.check_in.rules import entry_of, let_in, open_door, save_check_ins
from rsvp.check_in.windows import Windows
from rsvp.exceptions import (
    AccountInactive,
    CheckInClosed,
    NoSeatForWalkIn,
    NotGoing,
    PersonNotFound,
    TooManyPeople,
    WalkInNotFound,
)
from rsvp.messages.receipts import send_receipt
from rsvp.models import MOST_GUESTS, CheckIn, Rsvp
from rsvp.services.rsvps import lock_attendee, visible_event
from rsvp.services.seats import note_and_save, seat_those_waiting
from rsvp.services.unconfirmed import answer_before_walk_in, claim, keep_own_answer, walk_ins_of

Status = Rsvp.Status


@transaction.atomic
def admit_walk_in(
    *,
    event_id: int,
    attendee: User,
    people: int | None = None,
    at: datetime | None = None,
    by: User,
    after_end: bool = False,
) -> Rsvp:
    """Give free seats to a person without a seat, or with more people than seats.

    Without a seat of their own, the walk-in stays unconfirmed until the person confirms it, unless
    they admit themselves. The same person at the same instant `at` is the same walk-in, and
    changes nothing. Before the start, walk-ins cannot overtake the waitlist; after it, the
    waitlist is closed and any free seat can be taken. `after_end` also allows walk-ins after
    check-in is over. Raises EventNotFound, EventCancelled, PersonNotFound, NoSeatForWalkIn,
    CheckInNotOpen, CheckInClosed, TooManyPeople and AlreadyCheckedIn.
    """
    tally, event = open_door(event_id)
    rsvp = Rsvp.objects.filter(event=event, user=attendee).first() or Rsvp()
    rsvp.event, rsvp.user = event, attendee
    return _admit(tally, rsvp, people, at, by, after_end=after_end)


@transaction.atomic
def admit_guests(
    *,
    event_id: int,
    code: str,
    people: int | None = None,
    at: datetime | None = None,
    by: User,
    after_end: bool = False,
) -> Rsvp:
    """Give free seats to more people than a ticket has, as `admit_walk_in` does.

    The ticket is the person's consent. Also raises TicketUnknown, TicketVoid and NotGoing.
    """
    tally, event = open_door(event_id)
    scan = Scan(code=code)
    rsvp = Parties(event, [scan]).find(scan)
    if rsvp.status != Status.GOING:
        raise NotGoing
    return _admit(tally, rsvp, people, at, by, after_end=after_end)


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
        walk_ins = CheckIn.objects.current().filter(rsvp=rsvp, is_walk_in=True)
        if not walk_ins.exists() or not rsvp.arrived:
            raise WalkInNotFound
        return rsvp
    claim(rsvp)
    note_and_save(tally, rsvp, Status.GOING, rsvp.guests, is_claimed=True)
    return rsvp


def give_back(tally: Tally, rsvp: Rsvp, seats: int) -> Rsvp:
    """Give back the seats of an undone walk-in; return the RSVP after that.

    If all of its seats are given back, the earlier RSVP is restored. Before the start, the seats
    go to waiting parties. People who had confirmed the walk-in are told.
    """
    if seats < rsvp.party:
        note_and_save(tally, rsvp, Status.GOING, rsvp.guests - seats)
    else:
        was_confirmed = rsvp.is_confirmed
        walk_in = walk_ins_of(CheckIn.objects.current().filter(rsvp=rsvp)).get(rsvp.pk)
        before = answer_before_walk_in(rsvp, walk_in)
        answer = note_and_save(tally, rsvp, before.status, before.guests, line_no=before.line_no)
        if answer and was_confirmed:
            send_receipt(rsvp, answer, rsvp.event)
    seated = seat_those_waiting([(tally, rsvp.event)])
    if rsvp.pk in seated:
        seated[rsvp.pk].user = rsvp.user
    return seated.get(rsvp.pk, rsvp)


def _admit(
    tally: Tally, rsvp: Rsvp, people: int | None, at: datetime | None, by: User, *, after_end: bool
) -> Rsvp:
    try:
        lock_attendee(rsvp.user)
    except AccountInactive as error:  # the attendee's, not the session of the person who checks in
        raise PersonNotFound from error
    now = timezone.now()
    scanned_at = at or now
    if rsvp.pk and scanned_before([rsvp], [Scan(at=at)]):
        return rsvp
    window = Windows(rsvp.event, tally, since=at).at(scanned_at)
    # A scan time in the future counts as now, but is kept, so that a repetition is recognised.
    at = min(scanned_at, now)
    window.require_open(at, after_end=after_end)
    if window.former_times:  # its seats are those of another date now
        raise CheckInClosed(window.former_times.replaced_at)
    seats_held = rsvp.party if rsvp.status == Status.GOING else 0
    before = {} if seats_held else _row_before(rsvp)
    come = people or (0 if seats_held else 1)
    if extra := max(come - (seats_held - rsvp.arrived), 0):
        if not seats_held and by.pk != rsvp.user_id:
            keep_own_answer(rsvp)
        elif not seats_held:
            claim(rsvp)
        _take_free_seats(tally, rsvp, seats_held, extra, now)
    came = let_in(rsvp, people, at)
    entry = entry_of(rsvp, came, scanned_at, by, is_walk_in=not seats_held, seats=extra, **before)
    save_check_ins(tally, [entry])
    return rsvp


def _row_before(rsvp: Rsvp) -> dict[str, Any]:
    """Return the person's own RSVP for the history, from which an undo restores it."""
    if not rsvp.is_own or not rsvp.pk:
        return {}
    return {
        "status_before": rsvp.personal_status,
        "guests_before": rsvp.personal_guests,
        "line_no_before": rsvp.line_no,
    }


def _take_free_seats(tally: Tally, rsvp: Rsvp, seats_held: int, extra: int, now: datetime) -> None:
    is_line_open = not rsvp.event.has_started(now)
    if not tally.has_room_for(extra) or (is_line_open and tally.is_full):
        raise NoSeatForWalkIn
    if seats_held + extra > 1 + MOST_GUESTS:
        raise TooManyPeople(1 + MOST_GUESTS - rsvp.arrived)
    note_and_save(tally, rsvp, Status.GOING, seats_held + extra - 1)
