"""Changing series: the whole of them, or from one occurrence on.

What was edited on one occurrence alone stays as it is, what has started is
history, what was cancelled stays cancelled unless the series is published again.
Ids survive: an occurrence keeps its row while the rule has a day for it, also when that is
another day than before. What the rule has no day for is deleted where nobody has
answered, else cancelled, so that its people are told and can still read it.
"""

from collections.abc import Iterable
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
from events.series.creation import lock_series
from events.series.days import find_days, move_clock, set_days, without_same_rule
from events.series.endings import (
    Occurrence,
    cancel_all,
    day_of,
    lock_occurrences,
    lock_with_series,
    split,
    to_come,
)
from events.series.writing import write_changes
from events.services import banners
from events.services.events import is_published_again, update_event
from events.services.organizer_role import require_organizer
from events.services.quotas import count_reinstatement
from events.services.times import read_times

_OF_CLOCK = {"timezone", "is_all_day"}  # what the times of a row are read by
_OF_STATUS = {"status", "cancellation_reason"}


@transaction.atomic
def update_occurrences(*, event_id: int, changes: dict[str, Any], only_following: bool) -> None:
    """Change the series of an event: all that has not started, or from this event on.

    Start and end are those of this event; the others move as many days on the
    calendar, to the same time of day. A start without an end keeps the length. One refusal, and
    nothing is changed. If this event is over and no other date is to come, only its description
    can be changed. Raises EventNotFound, EventEnded, SeriesCancelled, what `create_series` and
    `update_event` do, and BadValue (`not_recurring`, `recurrence_required`).
    """
    event, series = lock_with_series(event_id)
    day = day_of(event)
    if event.is_past(timezone.now()) and not to_come(series).exists():
        _correct(event, series, changes)
        return
    # Forms send back all fields. Unchanged times must not move the other dates to the times of this
    # one, and an unchanged rule must not count all dates again from this one on.
    sent = read_times(changes, event=event)
    times = CLOCK & changes.keys()
    is_as_shown = all(sent[name] == getattr(event, name) for name in times)
    if sent.get("is_all_day", event.is_all_day) != event.is_all_day:
        is_as_shown = False  # the same instants, but no longer the same times of day
    if is_as_shown:
        changes = {name: value for name, value in changes.items() if name not in times}
    if _has_status_as_shown(event, series, changes):
        changes = {name: value for name, value in changes.items() if name not in _OF_STATUS}
    changes = without_same_rule(changes, series)
    is_start_alone = CLOCK & changes.keys() == {"start_time"}
    if is_start_alone or not CLOCK & changes.keys():
        # The other dates must not get a time or a length that this date alone has.
        _put_back(event, series, day)
    if _is_unchanged(series, changes) and not changes.keys() & set(event.own_fields):
        return
    changes = read_times(changes, event=event)
    if only_following:
        series = split(series, day)
    _change(series, changes, anchor=event, day=day, is_named=True, is_start_alone=is_start_alone)


@transaction.atomic
def update_series(*, series_id: int, changes: dict[str, Any]) -> None:
    """Change all that has not started; start and end are those of the next date.

    Raises SeriesNotFound, SeriesOver and what `update_occurrences` does.
    """
    series = lock_series(series_id)
    changes = without_same_rule(changes, series)
    if _is_unchanged(series, changes):
        return
    anchor = to_come(series).first()
    if anchor is None:
        raise SeriesOver
    day = day_of(anchor)
    _put_back(anchor, series, day)
    changes = read_times(changes, event=anchor)
    _change(series, changes, anchor=anchor, day=day, is_named=False)


def _put_back(event: Event, series: Series, day: date) -> None:
    """Give an occurrence the times that its series has on that day, without saving it."""
    event.timezone, event.is_all_day = series.timezone, series.is_all_day
    event.start_time, event.end_time = series.start_on(day), series.end_on(day)


def _has_status_as_shown(event: Event, series: Series, changes: dict[str, Any]) -> bool:
    """Return whether the status is that of this date alone, sent back beside other fields.

    Otherwise a new description for all dates, asked of one that was cancelled alone, would cancel
    them all. Sent by itself, the status is what is asked for.
    """
    status = changes.get("status", series.status)
    return event.status == status != series.status and bool(changes.keys() - _OF_STATUS)


def _is_unchanged(series: Series, changes: dict[str, Any]) -> bool:
    """Return whether the values are those of the series; `without_same_rule` comes first."""
    values = dict(changes)
    tags = values.pop("tags", None)
    return (
        not CLOCK & values.keys()
        and all(getattr(series, name) == value for name, value in values.items())
        and (tags is None or set(tags) == set(series.tags.all()))
    )


def publish_series(*, series_id: int) -> None:
    """Publish a draft with all its dates, or take the cancellation of a series back.

    Raises what `update_series` does.
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
    """Change the series, then its dates by the rules of single events.

    `is_named`: the request names the anchor, which therefore loses its own values of the
    changed fields; with `is_start_alone` it keeps a length of its own.
    """
    is_reinstated = is_published_again(series, changes)
    if series.status == Event.Status.CANCELLED and not is_reinstated:
        raise SeriesCancelled
    if (series.status, changes.get("status")) == (Event.Status.PUBLISHED, Event.Status.DRAFT):
        raise EventPublished  # also where no date is left that would refuse
    if changes.get("status", series.status) == Event.Status.PUBLISHED != series.status:
        require_organizer(series.created_by)
    changes = dict(changes)
    is_cancelled = changes.get("status") == Event.Status.CANCELLED
    reason = changes.pop("cancellation_reason", "") if is_cancelled else ""
    if changes.get("cancellation_reason") == anchor.cancellation_reason:
        del changes["cancellation_reason"]  # sent back as it was read
    if is_reinstated:
        changes["cancellation_reason"] = ""
    if is_cancelled:
        if series.status == Event.Status.DRAFT:
            raise EventNotPublished
        del changes["status"]
    tags = changes.pop("tags", None)
    clock = {name: changes.pop(name) for name in CLOCK & changes.keys()}
    pattern, exdates = changes.pop("recurrence_pattern", None), changes.pop("exdates", None)
    is_read_anew = any(
        changes.get(name, getattr(series, name)) != getattr(series, name) for name in _OF_CLOCK
    )
    if not is_read_anew and all(at == getattr(anchor, name) for name, at in clock.items()):
        clock = {}  # the times that it has
    has_new_clock = bool(clock) or is_read_anew

    occurrences = lock_occurrences(series)
    rule, duration = series.recurrence, series.duration
    old_banners = {series.banner, *(each.event.banner for each in occurrences)}
    for name, value in changes.items():
        setattr(series, name, value)
    shift = move_clock(series, anchor, day, clock) if has_new_clock else timedelta()
    if has_new_clock or pattern is not None or exdates is not None:
        set_days(series, rule, pattern, exdates, shift)
        find_days(series, occurrences, shift)
    if is_named:
        _check_still_there(anchor, occurrences)
    for each in occurrences:
        own = set(each.event.own_fields)
        is_anchor = is_named and each.event.pk == anchor.pk
        if is_anchor:
            own -= changes.keys() | ({"tags"} if tags is not None else set())
            is_alike = each.event.is_all_day == series.is_all_day
            if is_start_alone and is_alike and not each.lasts(duration):
                each.keeps_length = True
                own -= {"start_time"}
            elif clock:
                own -= CLOCK
            each.event.own_fields = sorted(own)
            Event.objects.filter(pk=each.event.pk).update(own_fields=each.event.own_fields)
        # A date that was cancelled alone stays so, unless the change is asked of it.
        each.is_reinstated = is_published_again(each.event, changes) and (
            is_anchor or (is_reinstated and "status" not in own)
        )
        each.changes = _changes_of(series, each, changes, own, has_new_clock=has_new_clock)
    _count_reinstated(series, occurrences)
    has_new_rule = pattern is not None or exdates is not None
    announce = write_changes(
        series, occurrences, tags, has_new_rule=has_new_rule, goes_on=has_new_clock or is_reinstated
    )
    if "banner" in changes:
        for key in old_banners:
            banners.release(key)
    if is_cancelled:
        cancel_all(series, [each for each in occurrences if each.day is not None], reason)
    announce()  # by now nobody is seated, or told of a new place, where nothing takes place


def _correct(event: Event, series: Series, changes: dict[str, Any]) -> None:
    """Change the description of a date that is over, because no other date is left to change."""
    changes = without_same_rule(changes, series)
    for name in ("recurrence_pattern", "exdates"):
        if changes.pop(name, None) is not None:
            raise EventEnded
    update_event(event_id=event.pk, changes=changes)


def _count_reinstated(series: Series, occurrences: Iterable[Occurrence]) -> None:
    if number := sum(each.is_reinstated for each in occurrences):
        count_reinstatement(series.created_by, key=f"series-{series.pk}", number=number)


def _check_still_there(named: Event, occurrences: Iterable[Occurrence]) -> None:
    """Refuse a rule that would delete the date that the request names."""
    for each in occurrences:
        is_dropped = each.day is None and not (each.is_answered or each.event.is_cancelled)
        if each.event.pk == named.pk and is_dropped:
            raise BadValue(
                "recurrence_pattern",
                "not_a_day_of_the_rule",
                "The new rule does not include this date. Change another date, or the series.",
            )


def _changes_of(
    series: Series,
    occurrence: Occurrence,
    changes: dict[str, Any],
    own: set[str],
    *,
    has_new_clock: bool,
) -> dict[str, Any]:
    """Return the changes of one date, whose own fields take precedence over the series."""
    event, day = occurrence.event, occurrence.day
    if day is None or (event.is_cancelled and not occurrence.is_reinstated):
        return {}
    mine = {name: value for name, value in changes.items() if name not in own}
    if occurrence.is_reinstated:
        mine["cancellation_reason"] = ""
    if occurrence.keeps_length:
        mine |= read_times({"start_time": series.start_on(day)}, event=event)
    elif own & CLOCK:
        if has_new_clock:
            mine = {name: value for name, value in mine.items() if name not in _OF_CLOCK}
    elif has_new_clock or day != event.series_day or occurrence.is_reinstated:
        mine |= {"start_time": series.start_on(day), "end_time": series.end_on(day)}
    before = {name: getattr(event, name) for name in mine if name != "max_attendees"}
    before["max_attendees"] = occurrence.tally.max_attendees
    return {name: value for name, value in mine.items() if value != before[name]}
