"""What becomes of the events of an organizer who is erased."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from events.exceptions import EventNotFound
from events.models import Event, Series
from events.series.endings import cancel_series, to_come
from events.services import banners
from events.services.events import cancel_event
from events.services.tallies import lock_tallies, lock_tally


def release_events(*, organizer: User) -> None:
    """Cancel what has not started, drop drafts, and leave the rest without an organizer.

    What runs already is left to its end: people are in it. One transaction an
    event, so that no crowd waits for another's. Repeating it is safe.
    """
    for series_id in Series.objects.filter(created_by=organizer).values_list("pk", flat=True):
        _end_series(series_id)
    mine = Event.objects.filter(created_by=organizer)
    is_upcoming = Q(status=Event.Status.PUBLISHED, deleted_at=None, start_time__gt=timezone.now())
    mine.exclude(is_upcoming).exclude(status=Event.Status.DRAFT).update(created_by=None)
    for event_id in list(mine.order_by("pk").values_list("pk", flat=True)):
        _let_go(event_id)


@transaction.atomic
def _end_series(series_id: int) -> None:
    """Call a series off at once, so that its people hear of it once, not of each date."""
    series = Series.objects.select_for_update(no_key=True).filter(pk=series_id).first()
    if series is None:
        return
    lock_tallies(series.occurrences.values_list("pk", flat=True))
    if series.status == Event.Status.DRAFT:
        # Its dates are dropped one by one, as other drafts.
        series.occurrences.update(series=None, series_day=None)
        series.delete()
        banners.release(series.banner)
        return
    series.occurrences.update(created_by=None)
    Series.objects.filter(pk=series_id).update(created_by=None, next_day=None)
    if series.deleted_at is None and to_come(series).exists():
        cancel_series(series_id=series_id)


@transaction.atomic
def _let_go(event_id: int) -> None:
    try:
        lock_tally(event_id)
    except EventNotFound:  # another one, at the same erasure, has dropped the draft
        return
    event = Event.objects.get(pk=event_id)
    if event.status == Event.Status.DRAFT:
        # Nobody else has ever seen it, so there is nothing to keep records of.
        event.delete()
        banners.release(event.banner)
        return
    # Before the cancellation, which else would tell its audience whose it was.
    Event.objects.filter(pk=event_id).update(created_by=None)
    if event.deleted_at is None and not event.has_started(timezone.now()):
        cancel_event(event_id=event_id)
