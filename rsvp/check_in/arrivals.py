"""The common parts of all check-ins: the lock, the arrivals of a party, and the writes.

As every write on seats, a check-in locks the tally first (docs/adr/0002, 0013), and reads what
the decision depends on after that.
"""

from datetime import datetime
from typing import Any

from accounts.models import User
from core.database import rows
from events.exceptions import EventCancelled
from events.models import Event, Tally
from events.services.tallies import lock_tally
from rsvp.exceptions import AlreadyCheckedIn, NotGoing, TooManyPeople
from rsvp.models import CheckIn, Rsvp
from rsvp.services.under_lock import visible_event

Status = Rsvp.Status


def lock_event(event_id: int) -> tuple[Tally, Event]:
    """Lock the tally; return it and the event. Raises EventNotFound and EventCancelled."""
    tally = lock_tally(event_id)
    event = visible_event(event_id)
    if event.is_cancelled:
        raise EventCancelled
    return tally, event


def add_arrivals(rsvp: Rsvp, people: int | None, at: datetime) -> int:
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


def new_check_in(rsvp: Rsvp, people: int, at: datetime, by: User, **fields: Any) -> CheckIn:
    return CheckIn(rsvp=rsvp, event_id=rsvp.event_id, people=people, at=at, by=by, **fields)


def save_check_ins(tally: Tally, check_ins: list[CheckIn]) -> None:
    """Save the check-ins, their parties and the count of arrivals, in three statements.

    Check-ins for a former date of the event change the history only.
    """
    present = [check_in for check_in in check_ins if check_in.former_times is None]
    parties = {check_in.rsvp.pk: check_in.rsvp for check_in in present}
    rows.insert(check_ins)
    rows.update(list(parties.values()), ("arrived", "checked_in_at"))
    if present:
        tally.arrived += sum(check_in.people for check_in in present)
        rows.update([tally], ("arrived",))
