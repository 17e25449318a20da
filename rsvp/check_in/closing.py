"""Closing check-in, after which attendance counts as used."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from events.models import Event, Tally
from rsvp.check_in.arrivals import lock_event
from rsvp.exceptions import CheckInNotOpen
from rsvp.selectors import check_in_window


@transaction.atomic
def close_check_in(*, event_id: int) -> Event:
    """Close check-in, also after the end. Closing twice is no error, and keeps the first time.

    Later scans are refused, and attendance counts as used, however few were scanned. Owners and
    admins may still correct it. Raises EventNotFound, EventCancelled and CheckInNotOpen.
    """
    tally, event = lock_event(event_id)
    now = timezone.now()
    opens_at, _ = check_in_window(event)
    if now < opens_at:
        raise CheckInNotOpen(opens_at)
    if tally.check_in_closed_at is None:
        _save(tally, now)
    return event


@transaction.atomic
def reopen_check_in(*, event_id: int) -> Event:
    """Open check-in again; twice is no error. Raises EventNotFound and EventCancelled."""
    tally, event = lock_event(event_id)
    if tally.check_in_closed_at is not None:
        _save(tally, None)
    return event


def _save(tally: Tally, closed_at: datetime | None) -> None:
    tally.check_in_closed_at = closed_at
    tally.save(update_fields=["check_in_closed_at"])
