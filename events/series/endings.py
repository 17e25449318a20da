"""Ending series: the whole of them, or from one occurrence on.

What has started is history and stays. One lock order: the series, then the
tallies of its occurrences.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from core.errors import BadValue, JustChanged
from events.exceptions import EventEnded, EventNotPublished, SeriesOver
from events.models import Event, EventQuerySet, Series, Tally
from events.recurrence import Recurrence
from events.series.creation import lock_series
from events.services.events import delete_event, get_event
from events.services.tallies import lock_tallies
from events.signals import occurrences_off


@dataclass
class Occurrence:
    """One row of a series under the lock of its tally, and what becomes of it."""

    event: Event
    tally: Tally
    day: date | None  # None: the rule has no day for it any more
    changes: dict[str, Any] = field(default_factory=dict)
    is_reinstated: bool = False  # its cancellation is taken back
    keeps_length: bool = False  # it has a length of its own, and only the start changes

    def lasts(self, duration: timedelta) -> bool:
        """Return whether it is as long as its series; all-day events are compared by days."""
        slack = timedelta(hours=12) if self.event.is_all_day else timedelta()
        return abs(self.event.end_time - self.event.start_time - duration) <= slack

    @property
    def is_answered(self) -> bool:
        return bool(self.tally.going or self.tally.interested or self.tally.waiting)


def to_come(series: Series) -> EventQuerySet:
    """The dates of the series that have not started, soonest first."""
    rows = Event.objects.alive().filter(series=series, series_day__isnull=False)
    return rows.filter(start_time__gt=timezone.now()).order_by("series_day")


def lock_occurrences(series: Series, *others: int) -> list[Occurrence]:
    """What is still to come, and other events by their ids, read under their locks."""
    tallies = lock_tallies([*to_come(series).values_list("pk", flat=True), *others])
    events = Event.objects.alive().filter(pk__in=tallies).order_by("series_day")
    return [Occurrence(event, tallies[event.pk], event.series_day) for event in events]


def lock_with_series(event_id: int) -> tuple[Event, Series]:
    """A date of a series, and the series locked, as they are under that lock.

    Raises EventNotFound, JustChanged and BadValue (`not_recurring`).
    """
    series_id = get_event(event_id).series_id
    if series_id is None:
        raise not_recurring()
    series = lock_series(series_id)
    event = get_event(event_id)
    if event.series_id != series_id:
        raise JustChanged
    return event, series


def day_of(event: Event) -> date:
    """The day that the rule gave it. Raises BadValue (`not_recurring`)."""
    if event.series_day is None:
        raise not_recurring()
    return event.series_day


def not_recurring() -> BadValue:
    return BadValue("scope", "not_recurring", "This event is no date of a series.")


def split(series: Series, day: date) -> Series:
    """End the series before that day; answers the one that goes on from there, with the same rows.

    That is the series itself where it has no earlier day. Raises SeriesOver where
    the rule has none from that day on.
    """
    rule, first = series.recurrence, series.first_day
    if day <= first:
        return series
    next_day = next((each for each in rule.days(first) if each >= day), None)
    if next_day is None:
        raise SeriesOver
    moving = series.occurrences.filter(series_day__gte=day)
    lock_tallies(moving.values_list("pk", flat=True))  # before their rows, as everybody does
    rest = copy(series)
    rest.pk, rest._state.adding = None, True
    rest.first_day = next_day
    rest.exdates = [each for each in series.exdates if each >= day.isoformat()]
    rest.recurrence_pattern = _text(rest, rule.going_on_from(day, first=first))
    rest.sequence = 0
    rest.save(force_insert=True)
    rest.tags.set(series.tags.all())
    series.exdates = [each for each in series.exdates if each < day.isoformat()]
    series.recurrence_pattern = _text(series, rule.ending_before(day, first=first))
    series.next_day = None
    series.sequence += 1
    series.save()
    moving.update(series=rest)
    return rest


def _text(series: Series, rule: Recurrence) -> str:
    return rule.text(zone=series.zone, at=series.local_time)


@transaction.atomic
def delete_occurrence(*, event_id: int) -> None:
    """Delete one event; a date of a series becomes an exception of its rule.

    Raises EventNotFound and EventEnded.
    """
    asked = get_event(event_id)
    # A series that is deleted has no rule any more, and leaves what had started.
    if asked.series_day is not None and asked.series and asked.series.deleted_at is None:
        event, series = lock_with_series(event_id)
        series.exdates = sorted({*series.exdates, day_of(event).isoformat()})
        series.sequence += 1
        series.save(update_fields=["exdates", "sequence", "updated_at"])
    delete_event(event_id=event_id)


@transaction.atomic
def delete_occurrences(*, event_id: int, only_following: bool) -> None:
    """Delete this event and those after it, or all that have not started; the series ends.

    An event that is over stays. Raises EventNotFound, EventEnded if this one is over and no other
    date is to come, and BadValue (`not_recurring`).
    """
    event, series = lock_with_series(event_id)
    rest = split(series, day_of(event)) if only_following else series
    if event.is_past(timezone.now()):
        if not to_come(rest).exists():
            raise EventEnded
        _delete(rest)
    else:
        _delete(rest, event_id)


@transaction.atomic
def delete_series(*, series_id: int) -> None:
    """Delete a series and all that has not started. Raises SeriesNotFound."""
    _delete(lock_series(series_id))


def _delete(series: Series, *others: int) -> None:
    occurrences = lock_occurrences(series, *others)
    told = published(occurrences)
    take_out(occurrences)
    series.deleted_at = timezone.now()
    series.next_day = None
    series.save(update_fields=["deleted_at", "next_day", "updated_at"])
    tell_off(series, told)


@transaction.atomic
def cancel_series(*, series_id: int, reason: str = "") -> None:
    """Cancel all dates that have not started. Cancelling twice is no error.

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
    """Call off a series that is locked, with these dates."""
    told = published(occurrences)
    call_off(told, reason)
    series.status, series.cancellation_reason = Event.Status.CANCELLED, reason
    series.next_day = None
    series.sequence += 1
    series.save(
        update_fields=["status", "cancellation_reason", "next_day", "sequence", "updated_at"]
    )
    tell_off(series, told)


def published(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Those that anybody may have answered and that are not called off."""
    return [each for each in occurrences if each.event.status == Event.Status.PUBLISHED]


def tell_off(series: Series, occurrences: Iterable[Occurrence]) -> None:
    """Let the floors above know which dates do not take place."""
    if events := [each.event for each in occurrences]:
        occurrences_off.send(sender=Series, series=series, events=events)


def call_off(occurrences: Iterable[Occurrence], reason: str = "") -> None:
    """Cancel these rows; who answered them can still read them."""
    now = timezone.now()
    ids = []
    for each in occurrences:
        ids.append(each.event.pk)
        each.event.status, each.event.cancellation_reason = Event.Status.CANCELLED, reason
        each.event.sequence += 1
    Event.objects.filter(pk__in=ids).update(
        status=Event.Status.CANCELLED,
        cancellation_reason=reason,
        sequence=F("sequence") + 1,
        updated_at=now,
    )


def take_out(occurrences: Iterable[Occurrence]) -> None:
    """Delete these rows: kept for the records, and no dates of the series any more."""
    now = timezone.now()
    ids = []
    for each in occurrences:
        ids.append(each.event.pk)
        each.event.deleted_at, each.event.series_day = now, None
        each.event.sequence += 1
    Event.objects.filter(pk__in=ids).update(
        deleted_at=now, series_day=None, sequence=F("sequence") + 1, updated_at=now
    )
