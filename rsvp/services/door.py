"""The common parts of every check-in: the lock, the refusals, and the writes.

As every write on seats a check-in locks the tally first (docs/adr/0002, 0013), and only then
reads what decides.
"""

from datetime import datetime
from typing import Any

from accounts.models import User
from core.errors import RuleBroken
from events.models import Event, Tally
from events.services.events import EventCancelled
from events.services.tallies import lock_tally
from rsvp.models import CheckIn, Rsvp
from rsvp.selectors import HasNoSeat
from rsvp.services.answers import visible_event

Status = Rsvp.Status


class AlreadyCheckedIn(RuleBroken):
    """The party of `rsvp` was checked in before, at `checked_in_at`."""

    code = "already_checked_in"
    message = "Everyone on this ticket was checked in already."

    def __init__(self, rsvp: Rsvp, checked_in_at: datetime) -> None:
        super().__init__()
        self.rsvp = rsvp
        self.facts = {"checked_in_at": checked_in_at}


class NotCheckedIn(RuleBroken):
    code = "not_checked_in"
    message = "Nobody on this ticket was checked in."


class TicketVoid(RuleBroken):
    code = "ticket_void"
    message = "This ticket's seats were given back. If they have others, they have another ticket."
    next_step = "show_current_ticket"


class NotGoing(HasNoSeat):
    message = "They have no seat."
    next_step = "walk_in"


class CheckInNotOpen(RuleBroken):
    code = "check_in_not_open"
    next_step = "wait_for_check_in"
    message = "Check-in has not begun."

    def __init__(self, opens_at: datetime) -> None:
        super().__init__()
        self.facts = {"opens_at": opens_at}


class CheckInClosed(RuleBroken):
    code = "check_in_closed"
    message = "Check-in is over."

    def __init__(self, closed_at: datetime) -> None:
        super().__init__()
        self.facts = {"closed_at": closed_at}


class TooManyPeople(RuleBroken):
    code = "too_many_people"
    message = "The party is not that large."

    def __init__(self, people: int) -> None:
        super().__init__()
        self.facts = {"people": people}


def open_door(event_id: int) -> tuple[Tally, Event]:
    """Lock the tally; return it, and the event as it is under its lock.

    Raises EventNotFound and EventCancelled.
    """
    tally = lock_tally(event_id)
    event = visible_event(event_id)
    if event.is_cancelled:
        raise EventCancelled
    return tally, event


def let_in(rsvp: Rsvp, people: int | None, at: datetime) -> int:
    """Check in more of the party, or the whole rest; return how many. The caller saves.

    Raises NotGoing, AlreadyCheckedIn and TooManyPeople.
    """
    if rsvp.status != Status.GOING:
        raise NotGoing
    missing = rsvp.party - rsvp.arrived
    if missing <= 0:
        assert rsvp.checked_in_at
        raise AlreadyCheckedIn(rsvp, rsvp.checked_in_at)
    if people is not None and people > missing:
        raise TooManyPeople(missing)
    rsvp.arrived += people or missing
    rsvp.checked_in_at = min(rsvp.checked_in_at or at, at)
    return people or missing


def entry_of(rsvp: Rsvp, people: int, at: datetime, by: User, **more: Any) -> CheckIn:
    """Return the unsaved row of the history."""
    return CheckIn(rsvp=rsvp, event_id=rsvp.event_id, people=people, at=at, by=by, **more)


def save_check_ins(tally: Tally, entries: list[CheckIn]) -> None:
    """Save the history, and the parties and the count as they are now; in three statements.

    Check-ins for a former date of the event change the history only.
    """
    present = [entry for entry in entries if entry.former_times is None]
    parties = {entry.rsvp.pk: entry.rsvp for entry in present}
    Rsvp.objects.bulk_update(parties.values(), ["arrived", "checked_in_at"])
    CheckIn.objects.bulk_create(entries)
    if present:
        tally.arrived += sum(entry.people for entry in present)
        tally.save(update_fields=["arrived"])
