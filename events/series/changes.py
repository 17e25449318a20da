"""Changes of a whole series, or of a series from one occurrence on.

Events that have started, fields edited on one occurrence alone and cancelled occurrences are
kept, unless the series is published again. An occurrence keeps its row and ID while the rule has a
day for it, even if the day changes. Other occurrences are deleted, or cancelled if they have RSVPs,
so that attendees are notified and can still read them.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.errors import BadValue
from events.all_day import CLOCK
from events.exceptions import (
    EventEnded,
    EventNotPublished,
    EventPublished,
    SeriesCancelled,
    SeriesOver,
)
from events.models import Event, Series
from events.series.days import find_days, move_clock, set_days, without_same_rule
from events.series.endings import cancel_all, split
from events.series.occurrences import (
    Occurrence,
    day_of,
    lock_occurrences,
    lock_series,
    lock_with_series,
    to_come,
)
from events.series.writing import write_changes
from events.services import banners
from events.services.events import is_published_again, update_event
from events.services.organizer_role import require_organizer
from events.services.quotas import count_reinstatement
from events.services.times import read_times

_CLOCK_FIELDS = {"timezone", "is_all_day"}  # they determine how times are read
_STATUS_FIELDS = {"status", "cancellation_reason"}


@transaction.atomic
def update_occurrences(*, event_id: int, changes: dict[str, Any], only_following: bool) -> None:
    """Change all occurrences of an event's series that have not started, or those from it on.

    Start and end are those of this event; the others move by as many days, to the same local time.
    A start without an end keeps the length. An error in one occurrence undoes all changes. If the
    event is past and no other is upcoming, only its description can be changed. Raises
    EventNotFound, EventEnded, SeriesCancelled, the errors of `create_series` and `update_event`,
    and BadValue (`not_recurring`, `recurrence_required`).
    """
    event, series = lock_with_series(event_id)
    day = day_of(event)
    if event.is_past(timezone.now()) and not to_come(series).exists():
        _correct(event, series, changes)
        return
    # Clients may send all fields. Unchanged times must not move the other occurrences to the times
    # of this one, and an unchanged rule must not restart its COUNT at this one.
    sent = read_times(changes, event=event)
    times = CLOCK & changes.keys()
    is_as_shown = all(sent[name] == getattr(event, name) for name in times)
    if sent.get("is_all_day", event.is_all_day) != event.is_all_day:
        is_as_shown = False  # the same instants, but no longer the same times of day
    if is_as_shown:
        changes = {name: value for name, value in changes.items() if name not in times}
    if _has_status_as_shown(event, series, changes):
        changes = {name: value for name, value in changes.items() if name not in _STATUS_FIELDS}
    changes = without_same_rule(changes, series)
    is_start_alone = CLOCK & changes.keys() == {"start_time"}
    if is_start_alone or not CLOCK & changes.keys():
        # The others must not get a time or length that only this occurrence has.
        _reset_times(event, series, day)
    if _is_unchanged(series, changes) and not changes.keys() & set(event.own_fields):
        return
    changes = read_times(changes, event=event)
    if only_following:
        series = split(series, day)
    _change(series, changes, anchor=event, day=day, is_named=True, is_start_alone=is_start_alone)


@transaction.atomic
def update_series(*, series_id: int, changes: dict[str, Any]) -> None:
    """Change all occurrences that have not started; start and end are those of the next one.

    Raises SeriesNotFound, SeriesOver and the errors of `update_occurrences`.
    """
    series = lock_series(series_id)
    changes = without_same_rule(changes, series)
    if _is_unchanged(series, changes):
        return
    anchor = to_come(series).first()
    if anchor is None:
        raise SeriesOver
    day = day_of(anchor)
    _reset_times(anchor, series, day)
    changes = read_times(changes, event=anchor)
    _change(series, changes, anchor=anchor, day=day, is_named=False)


def _reset_times(event: Event, series: Series, day: date) -> None:
    """Set the times of an occurrence to those of the series on that day, without saving it."""
    event.timezone, event.is_all_day = series.timezone, series.is_all_day
    event.start_time, event.end_time = series.start_on(day), series.end_on(day)


def _has_status_as_shown(event: Event, series: Series, changes: dict[str, Any]) -> bool:
    """Return whether the status of this occurrence is sent unchanged with other fields.

    Otherwise, a new description for all occurrences, sent for one that was cancelled alone, would
    cancel all of them. A status that is sent alone is a change.
    """
    status = changes.get("status", series.status)
    return event.status == status != series.status and bool(changes.keys() - _STATUS_FIELDS)


def _is_unchanged(series: Series, changes: dict[str, Any]) -> bool:
    """Return whether the series has all the values; call `without_same_rule` first."""
    values = dict(changes)
    tags = values.pop("tags", None)
    return (
        not CLOCK & values.keys()
        and all(getattr(series, name) == value for name, value in values.items())
        and (tags is None or set(tags) == set(series.tags.all()))
    )


def publish_series(*, series_id: int) -> None:
    """Publish a draft with all its occurrences, or revert a cancellation.

    Raises the errors of `update_series`.
    """
    update_series(series_id=series_id, changes={"status": Event.Status.PUBLISHED})


def _change(
    series: Series,
    changes: dict[str, Any],
    *,
    anchor: Event,
    day: date,
    is_named: bool,
    is_start_alone: bool = False,
) -> None:
    """Change the series, then its occurrences by the rules of single events.

    With `is_named`, the request concerns the anchor, which loses its own values of the changed
    fields; with `is_start_alone`, it keeps a length of its own.
    """
    _check_status(series, changes)
    is_reinstated = is_published_again(series, changes)
    changes = dict(changes)
    is_cancelled = changes.get("status") == Event.Status.CANCELLED
    reason = ""
    if is_cancelled:
        del changes["status"]
        reason = changes.pop("cancellation_reason", "")
    if changes.get("cancellation_reason") == anchor.cancellation_reason:
        del changes["cancellation_reason"]  # sent unchanged
    if is_reinstated:
        changes["cancellation_reason"] = ""
    tags = changes.pop("tags", None)
    clock = {name: changes.pop(name) for name in CLOCK & changes.keys()}
    pattern, exdates = changes.pop("recurrence_pattern", None), changes.pop("exdates", None)
    has_new_rule = pattern is not None or exdates is not None
    is_read_anew = any(
        changes.get(name, getattr(series, name)) != getattr(series, name) for name in _CLOCK_FIELDS
    )
    if not is_read_anew and all(at == getattr(anchor, name) for name, at in clock.items()):
        clock = {}  # sent unchanged
    has_new_clock = bool(clock) or is_read_anew

    occurrences = lock_occurrences(series)
    rule, duration = series.recurrence, series.duration
    old_banners = {series.banner, *(occurrence.event.banner for occurrence in occurrences)}
    for name, value in changes.items():
        setattr(series, name, value)
    shift = move_clock(series, anchor, day, clock) if has_new_clock else timedelta()
    if has_new_clock or has_new_rule:
        set_days(series, rule, pattern, exdates, shift)
        find_days(series, occurrences, shift)
    named = next((row for row in occurrences if is_named and row.event.pk == anchor.pk), None)
    if named is not None:
        _check_kept(named)
        is_alike = named.event.is_all_day == series.is_all_day
        named.keeps_length = is_start_alone and is_alike and not named.lasts(duration)
        released = changes.keys() | ({"tags"} if tags is not None else set())
        if named.keeps_length:
            released |= {"start_time"}
        elif clock:
            released |= CLOCK
        _release_fields(named.event, released)
    for occurrence in occurrences:
        # An occurrence that was cancelled alone stays cancelled, unless the request names it.
        is_included = is_reinstated and "status" not in occurrence.event.own_fields
        occurrence.is_reinstated = is_published_again(occurrence.event, changes) and (
            occurrence is named or is_included
        )
        occurrence.changes = _changes_of(series, occurrence, changes, has_new_clock=has_new_clock)
    if number := sum(occurrence.is_reinstated for occurrence in occurrences):
        count_reinstatement(series.created_by, key=f"series-{series.pk}", number=number)
    announce = write_changes(
        series,
        occurrences,
        tags,
        has_new_rule=has_new_rule,
        has_new_times=has_new_clock or is_reinstated,
    )
    if "banner" in changes:
        for key in old_banners:
            banners.release(key)
    if is_cancelled:
        kept = [occurrence for occurrence in occurrences if occurrence.day is not None]
        cancel_all(series, kept, reason)
    announce()  # after the cancellation, so that cancelled events get neither seats nor messages


def _check_status(series: Series, changes: dict[str, Any]) -> None:
    before, after = series.status, changes.get("status", series.status)
    if before == Event.Status.CANCELLED and after != Event.Status.PUBLISHED:
        raise SeriesCancelled
    if (before, after) == (Event.Status.PUBLISHED, Event.Status.DRAFT):
        raise EventPublished  # also if no occurrence is left that would raise it
    if after == Event.Status.PUBLISHED != before:
        require_organizer(series.created_by)
    if (before, after) == (Event.Status.DRAFT, Event.Status.CANCELLED):
        raise EventNotPublished


def _check_kept(named: Occurrence) -> None:
    """Refuse a rule that would delete the occurrence that the request names."""
    if named.day is None and not (named.has_rsvps or named.event.is_cancelled):
        message = "The new rule does not include this date. Change another date, or the series."
        raise BadValue("recurrence_pattern", "not_a_day_of_the_rule", message)


def _release_fields(event: Event, fields: Collection[str]) -> None:
    """Let the series determine these fields of the event again."""
    event.own_fields = sorted(set(event.own_fields) - set(fields))
    Event.objects.filter(pk=event.pk).update(own_fields=event.own_fields)


def _correct(event: Event, series: Series, changes: dict[str, Any]) -> None:
    """Change the description of a past occurrence, because no other is left to change."""
    changes = without_same_rule(changes, series)
    for name in ("recurrence_pattern", "exdates"):
        if changes.pop(name, None) is not None:
            raise EventEnded
    update_event(event_id=event.pk, changes=changes)


def _changes_of(
    series: Series, occurrence: Occurrence, changes: dict[str, Any], *, has_new_clock: bool
) -> dict[str, Any]:
    """Return the changes of one occurrence; its own fields take precedence over the series."""
    event, day = occurrence.event, occurrence.day
    own = set(event.own_fields)
    if day is None or (event.is_cancelled and not occurrence.is_reinstated):
        return {}
    mine = {name: value for name, value in changes.items() if name not in own}
    if occurrence.is_reinstated:
        mine["cancellation_reason"] = ""
    if occurrence.keeps_length:
        mine |= read_times({"start_time": series.start_on(day)}, event=event)
    elif own & CLOCK:
        if has_new_clock:
            mine = {name: value for name, value in mine.items() if name not in _CLOCK_FIELDS}
    elif has_new_clock or day != event.series_day or occurrence.is_reinstated:
        mine |= {"start_time": series.start_on(day), "end_time": series.end_on(day)}
    before = {name: getattr(event, name) for name in mine if name != "max_attendees"}
    before["max_attendees"] = occurrence.tally.max_attendees
    return {name: value for name, value in mine.items() if value != before[name]}
