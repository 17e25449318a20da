"""Occurrences of a series: reads under locks, and updates of many rows at once.

Lock order: the series first, then the tallies of its events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from core.errors import BadValue, JustChanged
from events.exceptions import SeriesNotFound
from events.models import Event, EventQuerySet, Series, Tally
from events.services.events import get_event
from events.services.tallies import lock_tallies
from events.signals import occurrences_off


@dataclass
class Occurrence:
    """An event of a series with its locked tally, and the changes that it gets."""

    event: Event
    tally: Tally
    day: date | None  # None: the rule no longer has a day for it
    changes: dict[str, Any] = field(default_factory=dict)
    is_reinstated: bool = False  # its cancellation is reverted
    keeps_length: bool = False  # it has its own length, and only the start changes

    def lasts(self, duration: timedelta) -> bool:
        """Return whether it is as long as its series; all-day events are compared by days."""
        slack = timedelta(hours=12) if self.event.is_all_day else timedelta()
        return abs(self.event.end_time - self.event.start_time - duration) <= slack

    @property
    def has_rsvps(self) -> bool:
        return bool(self.tally.going or self.tally.interested or self.tally.waiting)


def lock_series(series_id: int) -> Series:
    """Lock a series until the transaction ends. Raises SeriesNotFound."""
    try:
        return Series.objects.alive().select_for_update(no_key=True).get(pk=series_id)
    except Series.DoesNotExist as error:
        raise SeriesNotFound from error


def lock_with_series(event_id: int) -> tuple[Event, Series]:
    """Lock the series of an event; return both as they are under the lock.

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


def to_come(series: Series) -> EventQuerySet:
    """Return the occurrences that have not started, in order of their days."""
    rows = Event.objects.alive().filter(series=series, series_day__isnull=False)
    return rows.to_come(timezone.now()).order_by("series_day")


def lock_occurrences(series: Series, *others: int) -> list[Occurrence]:
    """Lock the occurrences that have not started, and other events by their IDs."""
    tallies = lock_tallies([*to_come(series).values_list("pk", flat=True), *others])
    events = Event.objects.alive().filter(pk__in=tallies).order_by("series_day")
    return [Occurrence(event, tallies[event.pk], event.series_day) for event in events]


def day_of(event: Event) -> date:
    """Return the day of the rule. Raises BadValue (`not_recurring`)."""
    if event.series_day is None:
        raise not_recurring()
    return event.series_day


def not_recurring() -> BadValue:
    message = "This event is not part of a series. Leave scope out."
    return BadValue("scope", "not_recurring", message)


def published(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    return [
        occurrence
        for occurrence in occurrences
        if occurrence.event.status == Event.Status.PUBLISHED
    ]


def cancel_rows(occurrences: Iterable[Occurrence], reason: str = "") -> None:
    """Cancel these events; people who RSVPed can still read them."""
    _update_rows(occurrences, status=Event.Status.CANCELLED, cancellation_reason=reason)


def delete_rows(occurrences: Iterable[Occurrence]) -> None:
    """Delete these events; they leave the series, and their rows are kept."""
    _update_rows(occurrences, deleted_at=timezone.now(), series_day=None)


def _update_rows(occurrences: Iterable[Occurrence], **values: Any) -> None:
    events = [occurrence.event for occurrence in occurrences]
    for event in events:
        for name, value in values.items():
            setattr(event, name, value)
        event.sequence += 1
    rows = Event.objects.filter(pk__in=[event.pk for event in events])
    rows.update(**values, sequence=F("sequence") + 1, updated_at=timezone.now())


def announce_off(series: Series, occurrences: Iterable[Occurrence]) -> None:
    """Tell upper apps which occurrences were cancelled or deleted."""
    if events := [occurrence.event for occurrence in occurrences]:
        occurrences_off.send(sender=Series, series=series, events=events)
