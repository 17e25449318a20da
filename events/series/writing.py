"""Write the changes of a series and its occurrences, and announce them to upper apps."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.errors import BadValue
from events.all_day import CLOCK
from events.models import Event, Series, Tag, Tally
from events.series.creation import catch_up, tag_all, write_out
from events.series.occurrences import (
    Occurrence,
    announce_off,
    cancel_rows,
    day_of,
    delete_rows,
    published,
)
from events.services.events import (
    ANNOUNCED,
    CALENDAR_FIELDS,
    WHEN_AND_WHERE,
    check_changes,
    note_earlier_end,
)
from events.signals import capacity_changed, occurrences_moved, occurrences_reinstated

_ROW_BY_ROW = CLOCK | {"max_attendees"}
_BATCH = 200
# Days are moved by these years while other rows still have their new days.
_ASIDE_YEARS = 4000


def write_changes(
    series: Series,
    occurrences: list[Occurrence],
    tags: list[Tag] | None,
    *,
    has_new_rule: bool,
    has_new_times: bool,
) -> Callable[[], None]:
    """Write all changes; return a function that announces them to upper apps."""
    kept = [occurrence for occurrence in occurrences if occurrence.day is not None]
    before = [_apply(occurrence) for occurrence in kept]
    dropped = [occurrence for occurrence in occurrences if occurrence.day is None]
    cancelled = [occurrence for occurrence in published(dropped) if occurrence.has_rsvps]
    cancel_rows(cancelled)
    Event.objects.filter(pk__in=[occurrence.event.pk for occurrence in dropped]).update(
        series_day=None
    )
    delete_rows(
        occurrence
        for occurrence in dropped
        if not (occurrence.has_rsvps or occurrence.event.is_cancelled)
    )
    _write_days(kept)
    _write_rows(kept)
    if tags is not None:
        series.tags.set(tags)
        _write_tags(
            [occurrence.event for occurrence in kept if "tags" not in occurrence.event.own_fields],
            tags,
        )
    if series.status == Event.Status.PUBLISHED and series.published_at is None:
        series.published_at = timezone.now()
    series.sequence += 1
    if has_new_rule:
        write_out(series, list(series.tags.all()))
    elif has_new_times and series.created_by is not None and series.created_by.may_organize:
        # No new occurrences were requested, so a quota must not refuse new times or the reversal of
        # a cancellation. After an edit of texts, the hourly task adds occurrences that are due.
        catch_up(series, list(series.tags.all()))
    series.save()
    return partial(_announce, series, kept, before, cancelled)


def _announce(
    series: Series,
    kept: list[Occurrence],
    before: list[dict[str, Any]],
    cancelled: list[Occurrence],
) -> None:
    resized = [
        (occurrence.event, occurrence.tally, was["max_attendees"])
        for occurrence, was in zip(kept, before, strict=True)
        if "max_attendees" in was
    ]
    if resized:
        capacity_changed.send(sender=Series, resized=resized)
    moved, reinstated = [], []
    for occurrence, was in zip(kept, before, strict=True):
        change = (
            occurrence.event,
            occurrence.tally,
            {name: was[name] for name in ANNOUNCED & was.keys()},
        )
        if occurrence.is_reinstated:
            reinstated.append(change)
        elif WHEN_AND_WHERE & was.keys() and not occurrence.event.is_hidden:
            moved.append(change)
    if moved:
        occurrences_moved.send(sender=Series, series=series, moved=moved)
    if reinstated:
        occurrences_reinstated.send(sender=Series, series=series, events=reinstated)
    announce_off(series, cancelled)


def _apply(occurrence: Occurrence) -> dict[str, Any]:
    """Set the changes on the objects; return the old values."""
    event, tally, changes = occurrence.event, occurrence.tally, occurrence.changes
    try:
        check_changes(event=event, tally=tally, changes=changes)
    except BadValue as refusal:
        message = f"{occurrence.day:%Y-%m-%d}: {refusal}"
        raise BadValue(refusal.field, refusal.code, message) from refusal
    event.tally = tally
    before = {}
    if "max_attendees" in changes:
        before["max_attendees"] = tally.max_attendees
        tally.max_attendees = changes["max_attendees"]
    for name in changes.keys() - {"max_attendees"}:
        before[name] = getattr(event, name)
        setattr(event, name, changes[name])
    note_earlier_end(event, before)
    event.sequence += 1 if CALENDAR_FIELDS & changes.keys() else 0
    if event.status == Event.Status.PUBLISHED and event.published_at is None:
        event.published_at = timezone.now()
    return before


def _write_days(kept: list[Occurrence]) -> None:
    """Move the days in two steps, because no two rows may have the same day in between."""
    moved = [
        occurrence.event for occurrence in kept if occurrence.event.series_day != occurrence.day
    ]
    for event in moved:
        day = day_of(event)
        event.series_day = day.replace(year=day.year + _ASIDE_YEARS)
    Event.objects.bulk_update(moved, ["series_day"], batch_size=_BATCH)
    for occurrence in kept:
        occurrence.event.series_day = occurrence.day
    Event.objects.bulk_update(moved, ["series_day"], batch_size=_BATCH)


def _write_rows(kept: list[Occurrence]) -> None:
    """Write equal changes in one statement, and different ones in batches of 200 rows."""
    now = timezone.now()
    alike: dict[frozenset[str], list[Occurrence]] = {}
    for occurrence in kept:
        if occurrence.changes:
            alike.setdefault(frozenset(occurrence.changes.keys() - _ROW_BY_ROW), []).append(
                occurrence
            )
    for names, rows in alike.items():
        values = {name: rows[0].changes[name] for name in names}
        if values.get("status") == Event.Status.PUBLISHED:
            values["published_at"] = Coalesce("published_at", Value(now))
        events = Event.objects.filter(pk__in=[occurrence.event.pk for occurrence in rows])
        events.update(**values, updated_at=now)
    later = [occurrence.event for occurrence in kept if CALENDAR_FIELDS & occurrence.changes.keys()]
    Event.objects.filter(pk__in=[event.pk for event in later]).update(sequence=F("sequence") + 1)
    timed = [occurrence.event for occurrence in kept if CLOCK & occurrence.changes.keys()]
    Event.objects.bulk_update(timed, [*sorted(CLOCK), "end_pulled_in_at"], batch_size=_BATCH)
    limited = [occurrence.tally for occurrence in kept if "max_attendees" in occurrence.changes]
    if limited:
        tallies = Tally.objects.filter(pk__in=[tally.pk for tally in limited])
        tallies.update(max_attendees=limited[0].max_attendees)


def _write_tags(events: list[Event], tags: list[Tag]) -> None:
    Event.tags.through._default_manager.filter(event__in=events).delete()
    tag_all(events, tags)
    Event.objects.filter(pk__in=[event.pk for event in events]).update(updated_at=timezone.now())
