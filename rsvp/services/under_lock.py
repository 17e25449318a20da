"""What a write on seats reads under the lock of the tally, in one statement.

The SQL is written by hand: built by the ORM, these reads were a third of the cost of an RSVP.
"""

from typing import Any, NamedTuple

from accounts.models import User
from core.database.rows import Columns, select_one
from events.exceptions import EventNotFound
from events.models import Event, Tally
from rsvp.models import Rsvp

_EVENT = Columns(Event, "event", leave_out={"description", "own_fields"})
_RSVP = Columns(Rsvp, "rsvp")
_TALLY = Columns(Tally, "tally")
# The first flag is that of `with_organizer_state`, the last that of `verified_address`. These are
# joins, and the IDs are repeated, because PostgreSQL plans EXISTS and equal columns 100 µs longer.
_COLUMNS = f"""
    NOT organizer.is_active AND organizer.erased_at IS NULL,
    person.is_active,
    address.id IS NOT NULL,
    {_EVENT.sql}, {_RSVP.sql}"""
_FROM = """
FROM events_event event
JOIN accounts_user person ON person.id = %(person)s
LEFT JOIN accounts_user organizer ON organizer.id = event.created_by_id
LEFT JOIN account_emailaddress address
    ON address.user_id = %(person)s AND address.email = person.email AND address.verified
LEFT JOIN rsvp_rsvp rsvp ON rsvp.event_id = %(event)s AND rsvp.user_id = %(person)s
"""
_WHERE = "WHERE event.id = %(event)s AND event.deleted_at IS NULL"
_READ = f"SELECT {_COLUMNS} {_FROM} {_WHERE}"
_READ_WITH_TALLY = f"""
SELECT {_TALLY.sql}, {_COLUMNS} {_FROM}
JOIN events_tally tally ON tally.event_id = %(event)s {_WHERE}"""


class Reading(NamedTuple):
    """An event, a person and their RSVP to it, which is unsaved if there is none."""

    event: Event
    rsvp: Rsvp
    is_active: bool
    is_verified: bool


def read_rsvp(event_id: int, attendee: User, *, locks_person: bool) -> Reading:
    """Read everything that decides about an RSVP; call it under the lock of the tally.

    With `locks_person` a simultaneous deactivation waits, and then finds the seats taken here.
    Raises EventNotFound, also for a draft.
    """
    lock = "FOR NO KEY UPDATE OF person" if locks_person else ""
    ids = {"event": event_id, "person": attendee.pk}
    return _reading(select_one(_READ, ids, lock=lock), attendee)


def snapshot(event_id: int, attendee: User) -> tuple[Tally, Reading]:
    """Read the tally and all of `read_rsvp` as they are at one instant, without a lock.

    Nothing may be written because of it. Raises EventNotFound.
    """
    row = select_one(_READ_WITH_TALLY, {"event": event_id, "person": attendee.pk})
    if row is None:
        raise EventNotFound
    size = len(_TALLY)
    return _TALLY.load(row[:size]), _reading(row[size:], attendee)


def _reading(row: Any, attendee: User) -> Reading:
    if row is None:
        raise EventNotFound
    is_organizer_inactive, is_active, is_verified, *rest = row
    event = _EVENT.load(rest[: len(_EVENT)])
    if event.is_hidden:
        raise EventNotFound
    event.is_organizer_inactive = bool(is_organizer_inactive)
    columns = rest[len(_EVENT) :]
    has_rsvp = columns[0] is not None
    rsvp = _RSVP.load(columns) if has_rsvp else Rsvp()
    rsvp.event, rsvp.user = event, attendee
    return Reading(event, rsvp, bool(is_active), bool(is_verified))
