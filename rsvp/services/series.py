"""RSVPs of one person to all future dates of a series.

An RSVP is for the dates that exist now. Each date is decided by its own seats, and a refusal at
one changes nothing at the others. The number of SQL statements does not grow with the dates,
except for one at each date whose waitlist may move.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.errors import RuleBroken
from events.exceptions import SeriesCancelled, SeriesNotFound, SeriesOver
from events.models import Event, Series, Tally
from events.services.tallies import lock_tallies
from payments.services.closing import request_cancel_for
from rsvp.exceptions import (
    DateNeedsPayment,
    EventFull,
    HoldNotEnded,
    NotAttendingOwnSeries,
    OrganizerInactive,
    RsvpNotFound,
)
from rsvp.messages.receipts import send_series_receipt
from rsvp.models import CheckIn, Rsvp, RsvpChange
from rsvp.services.bills import bill_of, refund_returned, total_of
from rsvp.services.rsvps import refuse_paid_growth
from rsvp.services.seat_limits import SeatLimits
from rsvp.services.seats import (
    COUNTS,
    apply_change,
    promote_waiting,
    save_stocks,
    seats_or_waitlist,
    set_position,
)
from rsvp.services.ticket_requests import NO_TICKETS, choose_tickets
from rsvp.services.ticket_stock import Tickets, save_tickets, stock_of
from rsvp.services.unconfirmed_walk_ins import confirm, undo_denied_check_in
from rsvp.services.under_lock import lock_attendee

Status = Rsvp.Status
_Choice = tuple[Status, int, Tickets | None]  # status, guests and tickets
_WRITTEN = [
    "status", "guests", "line_no", "ticket_no", "arrived", "checked_in_at", "is_confirmed",
    "own_status", "own_guests", "code", "updated_at",
]  # fmt: skip


@dataclass
class DateOutcome:
    """The RSVP for one date of a series, or its refusal."""

    event: Event
    tally: Tally
    rsvp: Rsvp
    has_row: bool
    is_new: bool  # new to the attendee, who does not see unconfirmed walk-ins
    status_before: str
    change: RsvpChange | None = None
    undo: CheckIn | None = None  # of a walk-in that the attendee denies
    refusal: RuleBroken | None = None


@transaction.atomic
def join_series(
    *,
    series_id: int,
    attendee: User,
    guests: int | None = None,
    may_wait: bool = True,
    address: str | None = None,
) -> list[DateOutcome]:
    """Take seats or waitlist places at every future date, the soonest first.

    A date refuses as `join_event` does, but the limits by the client's address are checked for all
    dates at once. Raises SeriesNotFound, SeriesCancelled, SeriesOver, OrganizerInactive, and the
    errors of `SeatLimits.spend`.
    """

    def join(tallies: dict[int, Tally], full: Collection[int] = ()) -> list[DateOutcome]:
        def choose(date: DateOutcome) -> _Choice:
            rsvp = date.rsvp
            if rsvp.status == Status.PENDING_PAYMENT:
                raise DateNeedsPayment
            kept = rsvp.guests if rsvp.is_unconfirmed_walk_in else rsvp.personal_guests
            party = kept if guests is None else guests
            tickets = choose_tickets(date.tally, date.event, rsvp, NO_TICKETS, guests)
            party = party if tickets is None else sum(tickets.values()) - 1
            status = seats_or_waitlist(date.tally, rsvp, party, tickets)
            if tickets is not None and status == Status.GOING:
                _refuse_payment(date, tickets)
            if date.event.pk in full:
                raise EventFull
            limits.check(date.event, rsvp, party)
            return status, party, tickets

        dates, is_verified = _open(tallies, series_id, attendee)
        limits = SeatLimits(attendee=attendee, is_verified=is_verified, address=address)
        outcomes = _rsvp_to_all(dates, choose)
        limits.spend()
        return outcomes

    tallies = _lock(series_id)
    with transaction.atomic():
        outcomes = join(tallies)
        waiting = {
            date.event.pk
            for date in outcomes
            if not date.refusal and date.rsvp.status == Status.WAITLISTED
        }
        is_refused = bool(waiting) and not may_wait
        transaction.set_rollback(is_refused)
    # Only a promotion shows which dates have seats, so a party that may not wait joins once to
    # find out. After the rollback the rows are as before. They are still locked, because the locks
    # were taken before the savepoint.
    return join(lock_tallies(tallies), full=waiting) if is_refused else outcomes


@transaction.atomic
def mark_interested_in_series(
    *, series_id: int, attendee: User, guests: int | None = None
) -> list[DateOutcome]:
    """Set the RSVP to interested at every future date, giving up seats and waitlist places there.

    Raises SeriesNotFound, SeriesCancelled, SeriesOver and OrganizerInactive.
    """

    def choose(date: DateOutcome) -> _Choice:
        _end_hold(date)
        return Status.INTERESTED, date.rsvp.personal_guests if guests is None else guests, None

    dates, _ = _open(_lock(series_id), series_id, attendee)
    return _rsvp_to_all(dates, choose)


@transaction.atomic
def leave_series(*, series_id: int, attendee: User) -> list[DateOutcome]:
    """Cancel every RSVP of the attendee to a future date; leaving twice is no error.

    Dates without an RSVP are left out. Raises SeriesNotFound, SeriesCancelled, SeriesOver and
    RsvpNotFound (the owner: NotAttendingOwnSeries).
    """
    dates, _ = _open(_lock(series_id), series_id, attendee, is_leaving=True)
    theirs = [date for date in dates if not date.is_new or date.rsvp.is_unconfirmed_walk_in]
    if not theirs:
        if dates[0].event.created_by_id == attendee.pk:
            raise NotAttendingOwnSeries
        raise RsvpNotFound("You have no RSVP for this series.")

    def choose(date: DateOutcome) -> _Choice:
        _end_hold(date)
        return Status.CANCELLED, date.rsvp.personal_guests, None

    return _rsvp_to_all(theirs, choose)


def _refuse_payment(date: DateOutcome, tickets: Tickets) -> None:
    """Raises DateNeedsPayment, or TicketsBought for a party with seats."""
    if date.rsvp.status == Status.GOING:
        refuse_paid_growth(date.tally, date.rsvp, tickets)
    elif total_of(bill_of(stock_of(date.tally), tickets, date.rsvp.code)):
        raise DateNeedsPayment


def _end_hold(date: DateOutcome) -> None:
    """Have the provider close the page of a hold in the background, and refuse until it has."""
    if date.rsvp.status == Status.PENDING_PAYMENT:
        request_cancel_for(date.rsvp.pk)
        raise HoldNotEnded


def _lock(series_id: int) -> dict[int, Tally]:
    events = Event.objects.published().to_come(timezone.now()).filter(series=series_id)
    return lock_tallies(events.values_list("pk", flat=True))


def _open(
    tallies: dict[int, Tally], series_id: int, attendee: User, *, is_leaving: bool = False
) -> tuple[list[DateOutcome], bool]:
    """Return the open dates, read under the locks of their tallies.

    The second item is whether the attendee's address is verified; False when leaving.
    """
    series = Series.objects.only("status", "deleted_at").filter(pk=series_id).first()
    if series is None or series.is_hidden:
        raise SeriesNotFound
    if series.status == Event.Status.CANCELLED:
        raise SeriesCancelled
    open_dates = Event.objects.published().to_come(timezone.now()).with_organizer_state()
    events = list(open_dates.filter(pk__in=tallies).order_by("start_time", "id"))
    if not events:
        raise SeriesOver
    # All dates of a series have one owner. Leaving is possible without an active one, too.
    if not is_leaving and events[0].is_organizer_inactive:
        raise OrganizerInactive
    is_verified = not is_leaving and lock_attendee(attendee)
    rows = {rsvp.event_id: rsvp for rsvp in Rsvp.objects.filter(user=attendee, event__in=events)}
    dates = []
    for event in events:
        rsvp = rows.get(event.pk) or Rsvp()
        rsvp.event, rsvp.user = event, attendee
        has_row = event.pk in rows
        is_new = not has_row or not rsvp.is_own
        status_before = rsvp.personal_status
        dates.append(DateOutcome(event, tallies[event.pk], rsvp, has_row, is_new, status_before))
    return dates, is_verified


def _rsvp_to_all(
    dates: list[DateOutcome], choose: Callable[[DateOutcome], _Choice]
) -> list[DateOutcome]:
    """Give each date the status and guests that `choose` returns, or keep its refusal."""
    for date in dates:
        try:
            date.change = _apply(date, *choose(date))
        except RuleBroken as refusal:
            date.refusal = refusal
    changed = [date for date in dates if date.change]
    _save(changed)
    if changed:
        refund_returned(((date.tally, date.change) for date in changed), by=changed[0].rsvp.user)
    promoted = promote_waiting((date.tally, date.event) for date in changed)
    receipts = []
    for date in changed:
        if date.rsvp.pk in promoted:
            # The party waited before, and became smaller; it gets the receipt of the promotion.
            attendee, date.rsvp = date.rsvp.user, promoted[date.rsvp.pk]
            date.rsvp.user = attendee
        elif date.change:
            receipts.append((date.rsvp, date.change, date.status_before))
        set_position(date.tally, date.rsvp)
        date.rsvp.has_tickets = date.tally.has_ticket_types
    send_series_receipt(receipts)
    return dates


def _apply(
    date: DateOutcome, status: Status, guests: int, tickets: Tickets | None
) -> RsvpChange | None:
    """Apply one RSVP; `going` confirms a walk-in, any other status denies it."""
    rsvp, was_unconfirmed = date.rsvp, not date.rsvp.is_confirmed
    if rsvp.is_unconfirmed_walk_in and status in (Status.INTERESTED, Status.CANCELLED):
        date.undo = undo_denied_check_in(date.tally, rsvp, rsvp.user)
    if status != Status.CANCELLED or rsvp.is_own:
        confirm(rsvp)
    return apply_change(
        date.tally, rsvp, status, guests, was_unconfirmed=was_unconfirmed, tickets=tickets
    )


def _save(dates: list[DateOutcome]) -> None:
    """Save by upserts: a bulk_update, with a CASE for each value, takes seconds at 366 dates."""
    Rsvp.objects.bulk_create([date.rsvp for date in dates if not date.has_row])
    changed = [date.rsvp for date in dates if date.has_row]
    created_at = [rsvp.created_at for rsvp in changed]
    Rsvp.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN
    )
    for rsvp, at in zip(changed, created_at, strict=True):
        rsvp.created_at = at  # the insert has set it to now in memory, but not in the database
    RsvpChange.objects.bulk_create([date.change for date in dates if date.change])
    CheckIn.objects.bulk_create([date.undo for date in dates if date.undo])
    Tally.objects.bulk_create(
        [date.tally for date in dates],
        update_conflicts=True,
        unique_fields=["event"],
        update_fields=COUNTS,
    )
    save_tickets([date.rsvp for date in dates])
    save_stocks(date.tally for date in dates)
