"""The events of a person on the dashboards."""

from collections.abc import Iterable
from datetime import datetime

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import User
from analytics.selectors import events_seen_by
from events.models import Event, EventQuerySet, Helper
from events.search.periods import not_over, skip_those_over


def event_seen_by(user: User, event_id: int) -> Event:
    """Raises Http404."""
    return get_object_or_404(events_seen_by(user).select_related("tally"), pk=event_id)


def event_attended_by(user: User, event_id: int) -> Event:
    """Do as `event_seen_by`, also for helpers while they have access. Raises Http404."""
    try:
        return event_seen_by(user, event_id)
    except Http404:
        return get_object_or_404(helped_by(user).select_related("tally"), pk=event_id)


def helped_by(user: User) -> EventQuerySet:
    """Return the events at which the person helps, and still has access to attendance."""
    helped = Helper.objects.filter(user=user).values("event")
    public = Event.objects.alive().exclude(status=Event.Status.DRAFT)
    return public.open_to_helpers(timezone.now()).filter(pk__in=helped)


def seen_among(user: User, event_ids: Iterable[int]) -> set[int]:
    """Return the IDs of these events whose numbers the person may see."""
    seen = events_seen_by(user).filter(pk__in=list(event_ids))
    return set(seen.values_list("pk", flat=True))


def next_events(user: User, now: datetime, *, at_most: int) -> list[Event]:
    """Return current and future events of the person and where they help, soonest first.

    Two queries, because one condition for both could not use an index.
    """
    found: dict[int, Event] = {}
    for events in (events_seen_by(user), helped_by(user)):
        coming = skip_those_over(not_over(events.published(), now)).select_related("tally")
        found |= {event.pk: event for event in coming.order_by("start_time", "id")[:at_most]}
    return sorted(found.values(), key=lambda event: (event.start_time, event.pk))[:at_most]
