"""The lock that every write on seats takes first."""

from collections.abc import Iterable

from events.models import Tally
from events.selectors import EventNotFound
from events.services.lines import waiting_for


def lock_tally(event_id: int) -> Tally:
    """The event's tally, locked until the transaction ends.

    The one lock order: this row first, then read whatever decides, in later
    statements. What was read before is no longer true.
    Raises EventNotFound, and Busy where too many wait for it already.
    """
    try:
        with waiting_for([event_id]):
            return Tally.objects.select_for_update().get(pk=event_id)
    except Tally.DoesNotExist as error:
        raise EventNotFound from error


def lock_tallies(event_ids: Iterable[int]) -> dict[int, Tally]:
    """The tallies of several events by their ids, locked in ascending order of the events.

    Everyone in the same order, or two who want the same ones wait for each other.
    Raises Busy where too many wait for one of them already.
    """
    ids = list(event_ids)
    tallies = Tally.objects.filter(pk__in=ids).order_by("pk")
    with waiting_for(ids):
        return {tally.pk: tally for tally in tallies.select_for_update()}
