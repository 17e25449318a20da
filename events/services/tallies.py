"""The lock on the tally of an event, which every write on seats takes first."""

from collections.abc import Iterable

from core.database.rows import Columns, select_one
from events.exceptions import EventNotFound
from events.models import Tally
from events.services.lock_waiters import waiting_for_tallies

_TALLY = Columns(Tally, "tally")
_READ = f"SELECT {_TALLY.sql} FROM events_tally tally WHERE event_id = %s"  # noqa: S608


def lock_tally(event_id: int) -> Tally:
    """Lock the tally of an event until the transaction ends.

    Lock order: take this lock first, then read everything that decides in later statements; values
    that were read before may be outdated. Raises EventNotFound, and Busy if too many threads wait.
    """
    with waiting_for_tallies([event_id]):
        row = select_one(_READ, [event_id], lock="FOR UPDATE")
    if row is None:
        raise EventNotFound
    return _TALLY.load(row)


def lock_tallies(event_ids: Iterable[int]) -> dict[int, Tally]:
    """Lock the tallies of several events; return them by event ID.

    They are locked in ascending order of the IDs, otherwise two transactions can deadlock. Raises
    Busy if too many threads wait for one of them.
    """
    ids = list(event_ids)
    tallies = Tally.objects.filter(pk__in=ids).order_by("pk")
    with waiting_for_tallies(ids):
        return {tally.pk: tally for tally in tallies.select_for_update()}
