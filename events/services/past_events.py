"""Changes of events that are over.

An event that is over is history: its times, limit and conditions no longer change, because
attendance, reviews and statistics refer to them. Its description can still be corrected. Drafts are
no history, because nobody could come. An event that its provider postponed is not over, whatever
its old date is.
"""

from datetime import datetime
from typing import Any

from events.exceptions import EventEnded
from events.models import Event, Tally

# A field that is not named here counts as history.
DESCRIPTION = frozenset(
    {"title", "description", "location", "latitude", "longitude", "category", "tags", "banner"}
)


def require_not_history(event: Event, now: datetime) -> None:
    """Raise EventEnded."""
    if event.is_past(now):
        raise EventEnded


def check_history(*, event: Event, tally: Tally, changes: dict[str, Any], now: datetime) -> None:
    """Raise EventEnded if the changes concern more than the description of a past event.

    Unchanged values are no changes.
    """
    if not event.is_past(now):
        return
    for name in changes.keys() - DESCRIPTION:
        old = tally.max_attendees if name == "max_attendees" else getattr(event, name)
        if changes[name] != old:
            raise EventEnded
