"""The lock that every write on seats takes first."""

from events.models import Tally
from events.selectors import EventNotFound


def lock_tally(event_id: int) -> Tally:
    """The event's tally, locked until the transaction ends.

    The one lock order: this row first, then read whatever decides, in later
    statements. What was read before is no longer true.
    Raises EventNotFound.
    """
    try:
        return Tally.objects.select_for_update().get(pk=event_id)
    except Tally.DoesNotExist as error:
        raise EventNotFound from error
