"""Cancel and delete series, or end them before one occurrence.

Events that have started are kept.
"""

from collections.abc import Iterable
from copy import copy
from datetime import date

from django.db import transaction
from django.utils import timezone

from events.exceptions import EventEnded, EventNotPublished, SeriesOver
from events.models import Event, Series
from events.series.occurrences import (
    Occurrence,
    announce_off,
    cancel_rows,
    day_of,
    delete_rows,
    lock_occurrences,
    lock_series,
    lock_with_series,
    published,
    to_come,
)
from events.services.events import delete_event, get_event
from events.services.tallies import lock_tallies


def split(series: Series, day: date) -> Series:
    """End a series before that day; return a new series with the same rows from that day on.

    Return the series itself if it has no earlier day. Raises SeriesOver if the rule has no day from
    that day on.
    """
    rule, first = series.recurrence, series.first_day
    if day <= first:
        return series
    next_day = next((other for other in rule.days(first) if other >= day), None)
    if next_day is None:
        raise SeriesOver
    moving = series.occurrences.filter(series_day__gte=day)
    lock_tallies(moving.values_list("pk", flat=True))  # the lock order: before the rows of events
    rest = copy(series)
    rest.pk, rest._state.adding = None, True
    rest.first_day = next_day
    rest.exdates = [exdate for exdate in series.exdates if exdate >= day.isoformat()]
    rest.recurrence_pattern = rest.rule_text(rule.going_on_from(day, first=first))
    rest.sequence = 0
    rest.save(force_insert=True)
    rest.tags.set(series.tags.all())
    series.exdates = [exdate for exdate in series.exdates if exdate < day.isoformat()]
    series.recurrence_pattern = series.rule_text(rule.ending_before(day, first=first))
    series.next_day = None
    series.sequence += 1
    series.save()
    moving.update(series=rest)
    return rest


@transaction.atomic
def delete_occurrence(*, event_id: int) -> None:
    """Delete one event; the day of an occurrence becomes an exception of the rule.

    Raises EventNotFound and EventEnded.
    """
    event = get_event(event_id)
    # A deleted series has no rule any more; its events that had started are kept.
    if event.series_day is not None and event.series and event.series.deleted_at is None:
        event, series = lock_with_series(event_id)
        series.exdates = sorted({*series.exdates, day_of(event).isoformat()})
        series.sequence += 1
        series.save(update_fields=["exdates", "sequence", "updated_at"])
    delete_event(event_id=event_id)


@transaction.atomic
def delete_occurrences(*, event_id: int, only_following: bool) -> None:
    """Delete an event and those after it, or all that have not started; the series ends.

    Past events are kept. Raises EventNotFound, BadValue (`not_recurring`), and EventEnded if the
    event is past and no other is upcoming.
    """
    event, series = lock_with_series(event_id)
    rest = split(series, day_of(event)) if only_following else series
    if not event.is_past(timezone.now()):
        _delete(rest, event_id)
    elif to_come(rest).exists():
        _delete(rest)
    else:
        raise EventEnded


@transaction.atomic
def delete_series(*, series_id: int) -> None:
    """Delete a series and its events that have not started. Raises SeriesNotFound."""
    _delete(lock_series(series_id))


def _delete(series: Series, *others: int) -> None:
    occurrences = lock_occurrences(series, *others)
    announced = published(occurrences)
    delete_rows(occurrences)
    series.deleted_at = timezone.now()
    series.next_day = None
    series.save(update_fields=["deleted_at", "next_day", "updated_at"])
    announce_off(series, announced)


@transaction.atomic
def cancel_series(*, series_id: int, reason: str = "") -> None:
    """Cancel all events that have not started. Cancelling again is no error.

    Raises SeriesNotFound, EventNotPublished, and SeriesOver if there are none.
    """
    series = lock_series(series_id)
    if series.status == Event.Status.DRAFT:
        raise EventNotPublished
    if series.status == Event.Status.PUBLISHED:
        occurrences = lock_occurrences(series)
        if not occurrences:
            raise SeriesOver
        cancel_all(series, occurrences, reason)


def cancel_all(series: Series, occurrences: Iterable[Occurrence], reason: str) -> None:
    """Cancel a locked series with these occurrences."""
    cancelled = published(occurrences)
    cancel_rows(cancelled, reason)
    series.status, series.cancellation_reason = Event.Status.CANCELLED, reason
    series.next_day = None
    series.sequence += 1
    series.save(
        update_fields=["status", "cancellation_reason", "next_day", "sequence", "updated_at"]
    )
    announce_off(series, cancelled)
