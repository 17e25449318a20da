"""The calendar of one person: the events that they answered.

Each date of a series stands by itself, as it does in the mails: readers take a
RECURRENCE-ID without its series in different ways (docs/adr/0010).
"""

from dataclasses import replace
from typing import Any

from django.utils import timezone
from icalendar.enums import STATUS

from accounts.models import User
from core.ical.entries import Entry, calendar
from events.calendar import LOOKS_BACK, MOST_ENTRIES, entry_of, in_feed, version_of
from events.models import Event
from rsvp.models import Rsvp

Status = Rsvp.Status
_NAME = "My events"


def own_version(user: User) -> str:
    """Of `own_feed`: one narrow query."""
    return version_of(
        _answers(user).values_list(
            "event_id", "event__updated_at", "status", "is_confirmed", "updated_at",
            "event__created_by__username", "event__created_by__display_name",
            "event__category__name",
        ),
        name=_NAME,
    )  # fmt: skip


def own_feed(user: User) -> bytes:
    """What the person answered, soonest first, with what is cancelled; without what they left."""
    answers = _answers(user).select_related("event__category", "event__created_by")
    return calendar([_entry(rsvp) for rsvp in answers], name=_NAME, is_feed=True)


def _answers(user: User) -> Any:
    rsvps = Rsvp.objects.of_person(user).with_personal_status(
        Status.GOING, Status.INTERESTED, Status.WAITLISTED
    )
    recent = rsvps.filter(event__deleted_at=None, event__end_time__gt=timezone.now() - LOOKS_BACK)
    shown = recent.exclude(event__status=Event.Status.DRAFT)
    return shown.order_by("event__start_time", "event_id")[:MOST_ENTRIES]


def _entry(rsvp: Rsvp) -> Entry:
    """Only who goes has a place; who is interested is not busy then."""
    entry = in_feed(entry_of(rsvp.event))
    changed = max(rsvp.event.updated_at, rsvp.updated_at)
    if rsvp.personal_status != Status.GOING and not rsvp.event.is_cancelled:
        entry = replace(entry, status=STATUS.TENTATIVE)
    is_busy = rsvp.personal_status != Status.INTERESTED
    return replace(entry, stamp=changed, changed_at=changed, takes_time=is_busy)
