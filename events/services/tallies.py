"""The lock that every write on seats takes first."""

from collections.abc import Iterable

from events.exceptions import EventNotFound
from events.models import Tally
from events.services.lock_waiters import waiting_for_tallies


def lock_tally(event_id: int) -> Tally:
    """Return the event's tally, locked until the transaction ends.

    The one lock order: lock this row first, then read everything that decides in later statements.
    Values that were read before may be outdated. Raises EventNotFound, and Busy if too many
    already wait for it.
    """
    try:
        with waiting_for_tallies([event_id]):
            return Tally.objects.select_for_update().get(pk=event_id)
    except Tally.DoesNotExist as error:
        raise EventNotFound from error


def lock_tallies(event_ids: Iterable[int]) -> dict[int, Tally]:
    """Return the tallies of several events by id, locked in ascending order of the ids.

    Always in the same order, otherwise two transactions can deadlock. Raises Busy if too many
    already wait for one of them.
    """
    ids = list(event_ids)
    tallies = Tally.objects.filter(pk__in=ids).order_by("pk")
    with waiting_for_tallies(ids):
        return {tally.pk: tally for tally in tallies.select_for_update()}
