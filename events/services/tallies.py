"""The lock on the tally of an event, which every write on seats takes first."""

from collections.abc import Iterable

from events.exceptions import EventNotFound
from events.models import Tally
from events.services.lock_waiters import waiting_for_tallies


def lock_tally(event_id: int) -> Tally:
    """Lock the tally of an event until the transaction ends.

    Lock order: take this lock first, then read everything that decides in later statements; values
    that were read before may be outdated. Raises EventNotFound, and Busy if too many threads wait.
    """
    try:
        with waiting_for_tallies([event_id]):
            return Tally.objects.select_for_update().get(pk=event_id)
    except Tally.DoesNotExist as error:
        raise EventNotFound from error


def lock_tallies(event_ids: Iterable[int]) -> dict[int, Tally]:
    """Lock the tallies of several events; return them by event ID.

    They are locked in ascending order of the IDs, otherwise two transactions can deadlock. Raises
    Busy if too many threads wait for one of them.
    """
    ids = list(event_ids)
    tallies = Tally.objects.filter(pk__in=ids).order_by("pk")
    with waiting_for_tallies(ids):
        return {tally.pk: tally for tally in tallies.select_for_update()}
