"""Limits on changes of past events.

The times, limit and conditions of a past event are fixed, because attendance, reviews and
statistics refer to them. Its description can still be corrected. Drafts never count as past, and
neither do events that their provider postponed.
"""

from datetime import datetime
from typing import Any

from events.exceptions import EventEnded
from events.models import Event, Tally

DESCRIPTION = frozenset(
    {"title", "description", "location", "latitude", "longitude", "category", "tags", "banner"}
)


def require_not_past(event: Event, now: datetime) -> None:
    """Raise EventEnded for a past event."""
    if event.is_past(now):
        raise EventEnded


def check_past_event(*, event: Event, tally: Tally, changes: dict[str, Any], now: datetime) -> None:
    """Raise EventEnded if the changes of a past event concern more than its description."""
    if not event.is_past(now):
        return
    for name in changes.keys() - DESCRIPTION:
        old = tally.max_attendees if name == "max_attendees" else getattr(event, name)
        if changes[name] != old:
            raise EventEnded
