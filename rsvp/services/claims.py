"""Unconfirmed walk-ins: records for the organizer only, until the person confirms them.

Call these functions under the lock of the event's tally; the caller saves the RSVP.
"""

from django.utils import timezone

from accounts.models import User
from events.models import Tally
from rsvp.models import CheckIn, Rsvp

Status = Rsvp.Status


def keep_own_answer(rsvp: Rsvp) -> None:
    """Make the RSVP a record for the organizer only; the person still sees their own one."""
    if rsvp.is_confirmed and rsvp.pk:
        rsvp.own_status, rsvp.own_guests = rsvp.status, rsvp.guests
    rsvp.is_confirmed = False


def claim(rsvp: Rsvp) -> None:
    """Make the RSVP the person's own."""
    rsvp.is_confirmed, rsvp.own_status, rsvp.own_guests = True, "", 0


def answer_without_walk_in(rsvp: Rsvp) -> tuple[Status, int]:
    """Return the status and guests that are left once an unconfirmed walk-in is undone.

    An earlier RSVP of the person is restored; without one the record stays hidden from them.
    """
    status, guests = Status(rsvp.own_status or Status.CANCELLED), rsvp.own_guests
    if rsvp.own_status:
        claim(rsvp)
    return status, guests


def take_back(tally: Tally, rsvp: Rsvp, by: User) -> CheckIn:
    """Undo the check-in of an unconfirmed walk-in, because the person denies it.

    All of its seats were taken by the walk-in. The RSVP that follows gives them back.
    """
    people, rsvp.arrived, rsvp.checked_in_at = rsvp.arrived, 0, None
    tally.arrived -= people
    return CheckIn(
        rsvp=rsvp,
        event_id=rsvp.event_id,
        people=-people,
        seats=-rsvp.party,
        at=timezone.now(),
        by=by,
    )
