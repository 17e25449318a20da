"""The calendar of one person: the events to which they RSVPed.

Each date of a series is an entry of its own, as in the emails: calendar apps treat a RECURRENCE-ID
without its series in different ways (docs/adr/0010).
"""

from dataclasses import replace
from typing import Any

from django.utils import timezone
from icalendar.enums import STATUS

from accounts.models import User
from core.ical.entries import Entry, calendar
from events.ical_files import LOOKS_BACK, MOST_ENTRIES, entry_of, in_feed, version_of
from events.models import Event
from rsvp.models import Rsvp

Status = Rsvp.Status
_NAME = "My events"


def own_version(user: User) -> str:
    """Return the version of `own_feed`, with one narrow query."""
    return version_of(
        _rsvps(user).values_list(
            "event_id", "event__updated_at", "status", "is_confirmed", "updated_at",
            "event__created_by__username", "event__created_by__display_name",
            "event__category__name",
        ),
        name=_NAME,
    )  # fmt: skip


def own_feed(user: User) -> bytes:
    """Return the events with an RSVP, soonest first; cancelled events too, cancelled RSVPs not."""
    rsvps = _rsvps(user).select_related("event__category", "event__created_by")
    return calendar([_entry(rsvp) for rsvp in rsvps], name=_NAME, is_feed=True)


def _rsvps(user: User) -> Any:
    rsvps = Rsvp.objects.of_person(user).with_personal_status(
        Status.GOING, Status.INTERESTED, Status.WAITLISTED
    )
    recent = rsvps.filter(event__deleted_at=None, event__end_time__gt=timezone.now() - LOOKS_BACK)
    shown = recent.exclude(event__status=Event.Status.DRAFT)
    return shown.order_by("event__start_time", "event_id")[:MOST_ENTRIES]


def _entry(rsvp: Rsvp) -> Entry:
    """Return a tentative entry without a seat; interested people are shown as free."""
    entry = in_feed(entry_of(rsvp.event))
    changed = max(rsvp.event.updated_at, rsvp.updated_at)
    if rsvp.personal_status != Status.GOING and not rsvp.event.is_cancelled:
        entry = replace(entry, status=STATUS.TENTATIVE)
    is_busy = rsvp.personal_status != Status.INTERESTED
    return replace(entry, stamp=changed, changed_at=changed, takes_time=is_busy)
