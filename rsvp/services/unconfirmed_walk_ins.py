"""Unconfirmed walk-ins: records for the organizer only, until the person confirms them.

Call these functions under the lock of the event's tally; the caller saves the RSVP.
"""

from dataclasses import dataclass

from django.utils import timezone

from accounts.models import User
from events.models import Tally
from rsvp.models import CheckIn, CheckInQuerySet, Rsvp
from rsvp.services.ticket_stock import Tickets

Status = Rsvp.Status


@dataclass(frozen=True)
class EarlierRsvp:
    """The RSVP before a walk-in, which an undo restores."""

    status: Status
    guests: int
    line_no: int | None = None
    tickets: Tickets | None = None  # None: those that the party has


def mark_unconfirmed(rsvp: Rsvp) -> None:
    """Make the RSVP a record for the organizer only; the person still sees their own one."""
    if rsvp.is_confirmed and rsvp.pk:
        rsvp.own_status, rsvp.own_guests = rsvp.status, rsvp.guests
    rsvp.is_confirmed = False


def confirm(rsvp: Rsvp) -> bool:
    """Make the RSVP the person's own; return whether it was unconfirmed."""
    was_unconfirmed = not rsvp.is_confirmed
    rsvp.is_confirmed, rsvp.own_status, rsvp.own_guests = True, "", 0
    return was_unconfirmed


def latest_walk_ins(check_ins: CheckInQuerySet) -> dict[int, CheckIn]:
    """Return the latest walk-in of each RSVP among these check-ins, by the RSVP's ID."""
    return {entry.rsvp_id: entry for entry in check_ins.filter(is_walk_in=True).order_by("id")}


def rsvp_before_walk_in(rsvp: Rsvp, walk_in: CheckIn | None) -> EarlierRsvp:
    """Return the RSVP before a walk-in: none, an earlier one, or the place on the waitlist.

    The RSVP belongs to the person again if they had one; otherwise it is hidden from them. A
    confirmed walk-in without an earlier RSVP is cancelled, because the person knows of it, unless
    they had admitted themselves. `walk_in` is None for walk-ins that are older than this history.
    """
    is_confirmed = rsvp.is_confirmed
    status, guests, line_no, tickets = "", 0, None, None
    if not is_confirmed:
        status, guests = rsvp.own_status, rsvp.own_guests
    elif walk_in and rsvp.user.is_active:
        status, guests = walk_in.status_before, walk_in.guests_before
    if status:
        confirm(rsvp)
        if walk_in and status == Status.WAITLISTED:
            line_no = walk_in.line_no_before
            if walk_in.tickets_before:
                tickets = {int(pk): number for pk, number in walk_in.tickets_before.items()}
        return EarlierRsvp(Status(status), guests, line_no, tickets)
    if is_confirmed and not (walk_in and walk_in.by_id == rsvp.user_id):
        return EarlierRsvp(Status.CANCELLED, rsvp.guests)
    rsvp.is_confirmed = False
    return EarlierRsvp(Status.CANCELLED, 0)


def undo_denied_check_in(tally: Tally, rsvp: Rsvp, by: User) -> CheckIn:
    """Undo the check-in of an unconfirmed walk-in, because the person denies it.

    All of its seats were taken by the walk-in. The change of the RSVP that follows gives them back.
    """
    people, rsvp.arrived, rsvp.checked_in_at = rsvp.arrived, 0, None
    tally.arrived -= people
    return CheckIn(
        rsvp=rsvp, event_id=rsvp.event_id, people=-people, seats=-rsvp.party, at=timezone.now(),
        by=by,
    )  # fmt: skip
