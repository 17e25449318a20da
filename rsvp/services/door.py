"""What every check-in has in common: the lock, the hours of the door, and who is in.

As every write on seats a check-in locks the tally first (docs/adr/0002, 0013), and only then
reads what decides.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from accounts.models import User
from config.errors import RuleBroken
from events.models import Event, Tally
from events.services.events import EventCancelled
from events.services.tallies import lock_tally
from rsvp.models import CheckIn, Rsvp
from rsvp.selectors import HasNoSeat, check_in_window
from rsvp.services.answers import visible_event

Status = Rsvp.Status


class AlreadyCheckedIn(RuleBroken):
    code = "already_checked_in"
    message = "Everyone on this ticket was checked in already."

    def __init__(self, checked_in_at: datetime) -> None:
        super().__init__()
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
    """The locked tally, and the event as it is under its lock.

    Raises EventNotFound and EventCancelled.
    """
    tally = lock_tally(event_id)
    event = visible_event(event_id)
    if event.is_cancelled:
        raise EventCancelled
    return tally, event


def require_open(event: Event, at: datetime) -> None:
    """Raises CheckInNotOpen and CheckInClosed."""
    opens_at, _ = check_in_window(event)
    if at < opens_at:
        raise CheckInNotOpen(opens_at)
    require_not_closed(event, at)


def require_not_closed(event: Event, at: datetime) -> None:
    """Raises CheckInClosed."""
    _, closes_at = check_in_window(event)
    if at >= closes_at:
        raise CheckInClosed(closes_at)


def let_in(rsvp: Rsvp, people: int | None, at: datetime) -> int:
    """How many more of the party are in now, left to be saved.

    Raises NotGoing, AlreadyCheckedIn and TooManyPeople.
    """
    if rsvp.status != Status.GOING:
        raise NotGoing
    missing = rsvp.party - rsvp.arrived
    if not missing:
        assert rsvp.checked_in_at
        raise AlreadyCheckedIn(rsvp.checked_in_at)
    if people is not None and people > missing:
        raise TooManyPeople(missing)
    rsvp.arrived += people or missing
    rsvp.checked_in_at = min(rsvp.checked_in_at or at, at)
    return people or missing


def entry_of(rsvp: Rsvp, people: int, at: datetime, by: User, **more: Any) -> CheckIn:
    """What the record says of it, unsaved."""
    return CheckIn(rsvp=rsvp, event_id=rsvp.event_id, people=people, at=at, by=by, **more)


def save_check_ins(tally: Tally, parties: Collection[Rsvp], entries: list[CheckIn]) -> None:
    """The parties, the record and the count together, in three statements."""
    Rsvp.objects.bulk_update(parties, ["arrived", "checked_in_at"])
    CheckIn.objects.bulk_create(entries)
    tally.arrived += sum(entry.people for entry in entries)
    tally.save(update_fields=["arrived"])
