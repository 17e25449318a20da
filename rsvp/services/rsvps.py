"""RSVPs of one person to one event. Leaving is in `cancellations`."""

from datetime import datetime
from functools import partial

from django.utils import timezone

from accounts.models import User
from core.database.rows import brief_transaction
from events.exceptions import EventCancelled, EventStarted
from events.models import Tally
from payments.models import Payment
from payments.services.checkout import choose_provider, current_payment, provider_for
from rsvp.exceptions import (
    AccountInactive,
    EventFull,
    HoldNotEnded,
    OrganizerInactive,
    TicketsBought,
    TicketTypeSoldOut,
)
from rsvp.messages.receipts import send_receipt
from rsvp.models import HAS_PLACE, Rsvp
from rsvp.services.bills import bill_of, refund_returned, total_of
from rsvp.services.holds import HoldMustEnd, replace_hold, start_hold, without_hold
from rsvp.services.seat_limits import SeatLimits
from rsvp.services.seats import save_and_promote, seats_or_waitlist, set_position
from rsvp.services.ticket_requests import NO_TICKETS, TicketRequest, choose_tickets
from rsvp.services.ticket_stock import Tickets, growth, stock_of, tickets_of
from rsvp.services.unconfirmed_walk_ins import confirm, undo_denied_check_in
from rsvp.services.under_lock import Reading, lock_and_read, snapshot

Status = Rsvp.Status
# Without seats, a payment is left while the provider still works on it.
_MAY_OWE = (Status.PENDING_PAYMENT, Status.CANCELLED, Status.INTERESTED)
# More are needed only if other requests of the same person replace the hold all the time.
_MOST_REPLACEMENTS = 5


def join_event(
    *,
    event_id: int,
    attendee: User,
    guests: int | None = None,
    tickets: TicketRequest = NO_TICKETS,
    may_wait: bool = True,
    address: str | None = None,
) -> tuple[Rsvp, bool]:
    """Take seats or a waitlist place for the attendee's party; return the RSVP, and if it is new.

    `guests=None` keeps the party as it was. At an event with ticket types the party is the number
    of its tickets. A walk-in becomes the attendee's own. `address` is the client's, for the limits
    by address. Raises EventNotFound, EventCancelled, EventStarted, PartyTooLarge, TooManyTickets,
    HasArrived, EventFull or TicketTypeSoldOut if the party may not wait, NoSeatsToAdd or
    NoTicketsToAdd if a party with seats requests more than a new party could get, TicketsBought if
    it adds tickets with a price, HoldNotEnded and JustPaid if an earlier hold is in the way,
    OrganizerInactive, and the errors of `choose_tickets`, `create_payment` and SeatLimits.
    """
    if not may_wait and Tally.objects.filter(Tally.FULL, pk=event_id).exists():
        _refuse_if_full(event_id, attendee, guests)
    join = partial(_join, event_id, attendee, guests, tickets, may_wait=may_wait, address=address)
    try:
        with brief_transaction():
            return join()
    except _HoldMustBeReplaced as error:
        found = error
    for _ in range(_MOST_REPLACEMENTS):
        try:
            return replace_hold(found.payment, keeps_tickets=found.keeps_tickets, take=join)
        except _HoldMustBeReplaced as error:  # another request has replaced it meanwhile
            found = error
    raise found


class _HoldMustBeReplaced(HoldNotEnded):
    """The person holds other seats, or on other terms; this payment must end first."""

    def __init__(self, payment: Payment, *, keeps_tickets: bool) -> None:
        super().__init__()
        self.payment, self.keeps_tickets = payment, keeps_tickets


def _join(
    event_id: int,
    attendee: User,
    guests: int | None,
    request: TicketRequest,
    end_of_hold: datetime | None = None,
    *,
    may_wait: bool,
    address: str | None,
) -> tuple[Rsvp, bool]:
    """Do as `join_event`, in a transaction.

    A hold must end first, unless the request equals it. Then `end_of_hold` is when it would have
    ended, and its seats are still the party's.
    """
    reading = _open(event_id, attendee)
    tally, event, rsvp = reading.tally, reading.event, reading.rsvp
    is_new = not rsvp.pk or not rsvp.is_own
    code_before = rsvp.code_id
    tickets = choose_tickets(tally, event, rsvp, request, guests)
    lines = [] if tickets is None else bill_of(stock_of(tally), tickets, rsvp.code)
    payment = None
    if rsvp.pk and tickets is not None and end_of_hold is None and rsvp.status in _MAY_OWE:
        payment = current_payment(rsvp.pk)
    if payment and rsvp.status != Status.PENDING_PAYMENT:
        raise HoldNotEnded  # a check-in took the place of the hold; an RSVP has one payment
    keeps_tickets = (
        payment is not None and tickets == tickets_of(rsvp) and rsvp.code_id == code_before
    )
    if payment and keeps_tickets and choose_provider(payment, request.provider):
        rsvp.has_tickets = True
        return rsvp, False
    guests = _party_of(rsvp, guests) if tickets is None else sum(tickets.values()) - 1
    limits = SeatLimits(attendee=attendee, is_verified=reading.is_verified, address=address)
    limits.check(event, rsvp, guests)
    was_unconfirmed = confirm(rsvp)
    status = seats_or_waitlist(tally, rsvp, guests, tickets)
    if payment:
        if total_of(lines):
            provider_for(total_of(lines), stock_of(tally).currency(), request.provider)
        raise _HoldMustBeReplaced(payment, keeps_tickets=keeps_tickets)
    is_hold = status == Status.GOING and total_of(lines) > 0
    if is_hold and rsvp.status == Status.GOING:
        refuse_paid_growth(tally, rsvp, tickets or {})
        is_hold = False
    change, promoted = save_and_promote(
        tally,
        rsvp,
        Status.PENDING_PAYMENT if is_hold else status,
        guests,
        was_unconfirmed=was_unconfirmed,
        tickets=tickets,
        ids=reading.ids,
    )
    if rsvp.pk in promoted:
        # The party waited before, and became smaller; it gets the receipt of the promotion.
        rsvp = promoted[rsvp.pk]
        rsvp.user = attendee
        if offer := current_payment(rsvp.pk) if tickets else None:
            choose_provider(offer, request.provider)
    elif rsvp.status == Status.WAITLISTED and not may_wait:
        has_tickets = tickets is None or stock_of(tally).has_room_for(tickets)
        raise EventFull() if has_tickets else TicketTypeSoldOut()
    elif is_hold:
        start_hold(tally, rsvp, lines, provider=request.provider, until=end_of_hold)
    elif change:
        send_receipt(rsvp, change, event)
    refund_returned([(tally, change)], by=attendee)
    limits.spend()
    set_position(tally, rsvp)
    rsvp.has_tickets = tally.has_ticket_types
    return rsvp, is_new


def refuse_paid_growth(tally: Tally, rsvp: Rsvp, tickets: Tickets) -> None:
    """Raises TicketsBought if a party with seats adds tickets with a price."""
    stock = stock_of(tally)
    if any(stock.price_of(type_id) for type_id in growth(tickets_of(rsvp), tickets)):
        raise TicketsBought


def _refuse_if_full(event_id: int, attendee: User, guests: int | None) -> None:
    """Refuse a new party without the lock, which those who get a seat are waiting for.

    All that decides is read at one instant, at which the refusal is true. Raises EventFull, and
    the other errors of `join_event`; without one, decide under the lock.
    """
    reading = snapshot(event_id, attendee)
    tally, event, rsvp = reading.tally, reading.event, reading.rsvp
    is_here = rsvp.status in HAS_PLACE
    if not tally.is_full or tally.has_ticket_types or is_here:
        return
    _check_open(reading)
    guests = _party_of(rsvp, guests)
    limits = SeatLimits(attendee=attendee, is_verified=reading.is_verified, address=None)
    limits.check(event, rsvp, guests)
    if seats_or_waitlist(tally, rsvp, guests) == Status.WAITLISTED:
        raise EventFull


def mark_interested(
    *, event_id: int, attendee: User, guests: int | None = None
) -> tuple[Rsvp, bool]:
    """Set the RSVP to interested, giving up seats or the place; return it, and if it is new.

    The check-in of an unconfirmed walk-in is undone. Raises EventNotFound, EventCancelled,
    EventStarted, OrganizerInactive, HasArrived, JustPaid and HoldNotEnded.
    """
    return without_hold(event_id, attendee, lambda: _mark_interested(event_id, attendee, guests))


def _mark_interested(event_id: int, attendee: User, guests: int | None) -> tuple[Rsvp, bool]:
    reading = _open(event_id, attendee)
    tally, event, rsvp = reading.tally, reading.event, reading.rsvp
    if rsvp.status == Status.PENDING_PAYMENT:
        raise HoldMustEnd
    is_new, status_before = not rsvp.pk or not rsvp.is_own, rsvp.personal_status
    guests = rsvp.personal_guests if guests is None else guests
    undo = undo_denied_check_in(tally, rsvp, attendee) if rsvp.is_unconfirmed_walk_in else None
    was_unconfirmed = confirm(rsvp)
    change, _ = save_and_promote(
        tally, rsvp, Status.INTERESTED, guests, was_unconfirmed=was_unconfirmed, ids=reading.ids
    )
    refund_returned([(tally, change)], by=attendee)
    if undo:
        undo.save()
    if change:
        send_receipt(rsvp, change, event, status_before=status_before)
    return rsvp, is_new


def _check_open(reading: Reading) -> None:
    """Raises EventCancelled, EventStarted, OrganizerInactive and AccountInactive."""
    if reading.event.is_cancelled:
        raise EventCancelled
    if reading.event.has_started(timezone.now()):
        raise EventStarted
    if reading.event.is_organizer_inactive:
        raise OrganizerInactive
    if not reading.is_active:
        raise AccountInactive


def _open(event_id: int, attendee: User) -> Reading:
    """Lock the tally and the person, and read what decides about their RSVP."""
    reading = lock_and_read(event_id, attendee)
    _check_open(reading)
    return reading


def _party_of(rsvp: Rsvp, guests: int | None) -> int:
    """Return the number of guests that a person requests; None keeps those they have."""
    if guests is not None:
        return guests
    return rsvp.guests if rsvp.is_unconfirmed_walk_in else rsvp.personal_guests
