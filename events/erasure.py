"""Erasure of an organizer's account: cancel, delete and release their events."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from events.exceptions import EventNotFound
from events.models import Event, Series
from events.series.endings import cancel_series
from events.series.occurrences import to_come
from events.services import banners
from events.services.events import cancel_event
from events.services.tallies import lock_tallies, lock_tally


def release_events(*, organizer: User) -> None:
    """Cancel events that have not started, delete drafts, and keep the rest without an owner.

    Running events are not cancelled, because people are attending. Each event has its own
    transaction, so that locks are held briefly. Repeating it is safe.
    """
    for series_id in Series.objects.filter(created_by=organizer).values_list("pk", flat=True):
        _end_series(series_id)
    mine = Event.objects.filter(created_by=organizer)
    is_upcoming = Q(status=Event.Status.PUBLISHED, deleted_at=None, start_time__gt=timezone.now())
    mine.exclude(is_upcoming).exclude(status=Event.Status.DRAFT).update(created_by=None)
    for event_id in list(mine.order_by("pk").values_list("pk", flat=True)):
        _release(event_id)


@transaction.atomic
def _end_series(series_id: int) -> None:
    """Cancel a series as a whole, so that attendees get one notification."""
    series = Series.objects.select_for_update(no_key=True).filter(pk=series_id).first()
    if series is None:
        return
    lock_tallies(series.occurrences.values_list("pk", flat=True))
    if series.status == Event.Status.DRAFT:
        # Its occurrences are deleted one by one, like other drafts.
        series.occurrences.update(series=None, series_day=None)
        series.delete()
        banners.release(series.banner)
        return
    series.occurrences.update(created_by=None)
    Series.objects.filter(pk=series_id).update(created_by=None, next_day=None)
    if series.deleted_at is None and to_come(series).exists():
        cancel_series(series_id=series_id)


@transaction.atomic
def _release(event_id: int) -> None:
    try:
        lock_tally(event_id)
    except EventNotFound:  # a concurrent run of the same erasure has deleted the draft
        return
    event = Event.objects.get(pk=event_id)
    if event.status == Event.Status.DRAFT:
        # Nobody else has seen it, so no record is needed.
        event.delete()
        banners.release(event.banner)
        return
    # Before the cancellation, whose notifications would otherwise name the owner.
    Event.objects.filter(pk=event_id).update(created_by=None)
    if event.deleted_at is None and not event.has_started(timezone.now()):
        cancel_event(event_id=event_id)
