"""Walk-ins: people without a seat, or parties with more people than seats.

A walk-in by ID or name is a record for the organizer only until the person confirms it
(docs/adr/0013). Only an undo that takes away confirmed seats sends mail to the person.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from events.models import Tally
from events.services.tallies import lock_tally
from payments.services.closing import request_cancel_for
from rsvp.check_in.arrivals import add_arrivals, lock_event, new_check_in, save_check_ins
from rsvp.check_in.door_payments import UNPAID, DoorPayment
from rsvp.check_in.scans import Scan, ScannedParties, recorded_scans
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
from rsvp.services.seats import promote_waiting, save_change
from rsvp.services.ticket_stock import Tickets, growth, resized, tickets_of
from rsvp.services.unconfirmed_walk_ins import (
    confirm,
    latest_walk_ins,
    mark_unconfirmed,
    rsvp_before_walk_in,
)
from rsvp.services.under_lock import lock_attendee, visible_event

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
    payment: DoorPayment = UNPAID,
) -> Rsvp:
    """Give free seats to a person without a seat, or with more people than seats.

    Without a seat of their own, the walk-in stays unconfirmed until the person confirms it, unless
    they admit themselves. The same person at the same instant `at` is the same walk-in, and
    changes nothing. Before the start, walk-ins cannot overtake the waitlist; after it, the
    waitlist is closed and any free seat can be taken. `after_end` also allows walk-ins after
    check-in is over. Raises EventNotFound, EventCancelled, PersonNotFound, NoSeatForWalkIn,
    CheckInNotOpen, CheckInClosed, TooManyPeople and AlreadyCheckedIn.
    """
    tally, event = lock_event(event_id)
    rsvp = Rsvp.objects.filter(event=event, user=attendee).first() or Rsvp()
    rsvp.event, rsvp.user = event, attendee
    return _admit(tally, rsvp, people, at, by, after_end=after_end, payment=payment)


@transaction.atomic
def admit_guests(
    *,
    event_id: int,
    code: str,
    people: int | None = None,
    at: datetime | None = None,
    by: User,
    after_end: bool = False,
    payment: DoorPayment = UNPAID,
) -> Rsvp:
    """Give free seats to more people than a ticket has, as `admit_walk_in` does.

    The ticket is the person's consent. Also raises TicketUnknown, TicketVoid and NotGoing.
    """
    tally, event = lock_event(event_id)
    scan = Scan(code=code)
    rsvp = ScannedParties(event, [scan]).find(scan)
    if rsvp.status != Status.GOING:
        raise NotGoing
    return _admit(tally, rsvp, people, at, by, after_end=after_end, payment=payment)


@transaction.atomic
def confirm_walk_in(*, event_id: int, attendee: User) -> Rsvp:
    """Make a walk-in the person's own RSVP; twice is no error.

    It works after the end, too, because people may notice the walk-in late. Raises EventNotFound,
    AccountInactive and WalkInNotFound.
    """
    tally = lock_tally(event_id)
    event = visible_event(event_id)
    lock_attendee(attendee)
    rsvp = Rsvp.objects.filter(event=event, user=attendee, status=Status.GOING).first()
    if rsvp is None:
        raise WalkInNotFound
    rsvp.event, rsvp.user, rsvp.has_tickets = event, attendee, tally.has_ticket_types
    if rsvp.is_confirmed:
        walk_ins = CheckIn.objects.current().filter(rsvp=rsvp, is_walk_in=True)
        if not walk_ins.exists() or not rsvp.arrived:
            raise WalkInNotFound
        return rsvp
    was_unconfirmed = confirm(rsvp)
    save_change(tally, rsvp, Status.GOING, rsvp.guests, was_unconfirmed=was_unconfirmed)
    return rsvp


def give_back(tally: Tally, rsvp: Rsvp, seats: int) -> Rsvp:
    """Give back the seats of an undone walk-in; return the RSVP after that.

    If all of its seats are given back, the earlier RSVP is restored. Before the start, the seats
    go to waiting parties. People who had confirmed the walk-in are notified.
    """
    if seats < rsvp.party:
        tickets = _tickets_without(tally, rsvp, seats)
        save_change(tally, rsvp, Status.GOING, rsvp.guests - seats, tickets=tickets)
    else:
        was_confirmed = rsvp.is_confirmed
        walk_in = latest_walk_ins(CheckIn.objects.current().filter(rsvp=rsvp)).get(rsvp.pk)
        earlier = rsvp_before_walk_in(rsvp, walk_in)
        change = save_change(
            tally,
            rsvp,
            earlier.status,
            earlier.guests,
            line_no=earlier.line_no,
            tickets=earlier.tickets,
        )
        if change and was_confirmed:
            send_receipt(rsvp, change, rsvp.event)
    promoted = promote_waiting([(tally, rsvp.event)])
    if rsvp.pk in promoted:
        promoted[rsvp.pk].user = rsvp.user
    return promoted.get(rsvp.pk, rsvp)


def _tickets_without(tally: Tally, rsvp: Rsvp, seats: int) -> Tickets | None:
    """Return the party's tickets without those of so many seats; None without ticket types.

    Those that it did not have before the check-in go first: others can have been paid.
    """
    if not tally.has_ticket_types:
        return None
    tickets = tickets_of(rsvp)
    walk_ins = CheckIn.objects.current().filter(rsvp=rsvp, tickets_before__isnull=False)
    first = walk_ins.order_by("id").first()
    recorded = (first.tickets_before if first else None) or {}
    before = {int(pk): number for pk, number in recorded.items()}
    extra = growth(before, tickets)
    extra_left = resized(extra, max(sum(extra.values()) - seats, 0))
    rest = Counter(tickets)
    rest.subtract(growth(extra_left, extra))
    return resized(rest, rsvp.party - seats)


def _admit(
    tally: Tally,
    rsvp: Rsvp,
    people: int | None,
    at: datetime | None,
    by: User,
    *,
    after_end: bool,
    payment: DoorPayment,
) -> Rsvp:
    try:
        lock_attendee(rsvp.user)
    except AccountInactive as error:  # the attendee's, not the session of the person who checks in
        raise PersonNotFound from error
    now = timezone.now()
    scanned_at = at or now
    rsvp.has_tickets = tally.has_ticket_types
    if rsvp.pk and recorded_scans([rsvp], [Scan(at=at)]):
        return rsvp
    window = Windows(rsvp.event, tally, since=at).at(scanned_at)
    # A scan time in the future counts as now, but is kept, so that a repetition is recognised.
    at = min(scanned_at, now)
    window.require_open(at, after_end=after_end)
    if window.former_times:  # the free seats of the event are those of another date now
        raise CheckInClosed(window.former_times.replaced_at)
    seats_held = rsvp.party if rsvp.status == Status.GOING else 0
    had_hold = rsvp.status == Status.PENDING_PAYMENT
    if had_hold:
        _end_hold(tally, rsvp)
    fields = _fields_before(tally, rsvp, has_seats=seats_held > 0)
    wanted = people or (0 if seats_held else 1)
    if extra := max(wanted - (seats_held - rsvp.arrived), 0):
        if not seats_held and by.pk != rsvp.user_id:
            mark_unconfirmed(rsvp)
        elif not seats_held:
            confirm(rsvp)
        fields["paid_at_the_door"] = _take_free_seats(tally, rsvp, seats_held, extra, now, payment)
    arrived = add_arrivals(rsvp, people, at)
    walk_in = new_check_in(
        rsvp, arrived, scanned_at, by, is_walk_in=not seats_held, seats=extra, **fields
    )
    save_check_ins(tally, [walk_in])
    if had_hold:
        promote_waiting([(tally, rsvp.event)])
    return rsvp


def _end_hold(tally: Tally, rsvp: Rsvp) -> None:
    """Free the seats of a hold, because the check-in takes its own; late money goes back."""
    request_cancel_for(rsvp.pk)
    save_change(tally, rsvp, Status.CANCELLED, rsvp.guests)


def _fields_before(tally: Tally, rsvp: Rsvp, *, has_seats: bool) -> dict[str, Any]:
    """Return what an undo restores, for the history: the person's own RSVP, or only tickets."""
    if not rsvp.is_own or not rsvp.pk:
        return {}
    tickets = {"tickets_before": tickets_of(rsvp) if tally.has_ticket_types else None}
    if has_seats:
        return tickets
    return tickets | {
        "status_before": rsvp.personal_status,
        "guests_before": rsvp.personal_guests,
        "line_no_before": rsvp.line_no,
    }


def _take_free_seats(
    tally: Tally, rsvp: Rsvp, seats_held: int, extra: int, now: datetime, payment: DoorPayment
) -> bool:
    """Seat more people; return whether their tickets were paid at check-in."""
    is_waitlist_open = not rsvp.event.has_started(now)
    has_ticket_types = tally.has_ticket_types
    if not tally.has_room_for(extra) or (
        is_waitlist_open and tally.is_full and not has_ticket_types
    ):
        raise NoSeatForWalkIn
    if seats_held + extra > 1 + MOST_GUESTS:
        raise TooManyPeople(1 + MOST_GUESTS - rsvp.arrived)
    tickets, price = None, 0
    if has_ticket_types:
        offer = payment.choose_type(tally, extra, is_waitlist_open=is_waitlist_open)
        tickets, price = Counter({offer.pk: extra}), offer.price
        tickets.update(tickets_of(rsvp) if seats_held else {})
    save_change(tally, rsvp, Status.GOING, seats_held + extra - 1, tickets=tickets)
    return price > 0
