"""Days of the occurrences after a change of the clock or the rule of their series."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from django.utils import timezone

from core.errors import BadValue
from events.models import Event, Series
from events.recurrence import Recurrence
from events.series.occurrences import Occurrence, day_of
from events.series.rules import horizon_of, local, set_clock, set_exdates, set_rule


def without_same_rule(changes: dict[str, Any], series: Series) -> dict[str, Any]:
    """Remove a rule and exdates that equal those of the series, also if spelled differently."""
    changes = dict(changes)
    pattern, exdates = changes.get("recurrence_pattern"), changes.get("exdates")
    if pattern is not None:
        rule = series.rule_text(series.parse_rule(pattern))
        if rule == series.recurrence_pattern:
            del changes["recurrence_pattern"]
    if exdates is not None and sorted({day.isoformat() for day in exdates}) == series.exdates:
        del changes["exdates"]
    return changes


def move_clock(series: Series, anchor: Event, day: date, clock: dict[str, datetime]) -> timedelta:
    """Set the local time and duration of the series; return by how many days it moves."""
    start = clock.get("start_time", anchor.start_time)
    end = clock.get("end_time", anchor.end_time)
    if end <= start:
        raise BadValue(
            "end_time", "end_before_start", "The end is not after the start. Send a later end."
        )
    set_clock(series, start, end)
    return local(start, series.zone).date() - day


def set_days(
    series: Series,
    rule: Recurrence,
    pattern: str | None,
    exdates: Iterable[date] | None,
    shift: timedelta,
) -> None:
    if pattern is None:
        if shift and rule.names_days:
            message = "The rule names its days. To move the series, also send a new rule."
            raise BadValue("recurrence_pattern", "recurrence_required", message)
        pattern = series.rule_text(replace(rule, until=rule.until and rule.until + shift))
    if exdates is None:
        exdates = [date.fromisoformat(day) + shift for day in series.exdates]
    set_rule(series, pattern, first=series.first_day + shift)
    set_exdates(series, exdates)


def find_days(series: Series, occurrences: list[Occurrence], shift: timedelta) -> None:
    """Set the day of each occurrence in the new rule, or None.

    It is the old day, moved by the shift, if the rule has it. Otherwise it is the rule's next free
    day before that of the next occurrence.
    """
    wanted = [day_of(occurrence.event) + shift for occurrence in occurrences]
    last = max([horizon_of(series), *wanted])
    others = series.occurrences.filter(series_day__isnull=False)
    others = others.exclude(pk__in=[occurrence.event.pk for occurrence in occurrences])
    taken = set(others.values_list("series_day", flat=True))
    free = [
        day
        for day in takewhile(lambda day: day <= last, series.recurrence.days(series.first_day))
        if day not in taken and not series.is_excluded(day)
    ]
    exact = set(wanted) & set(free)
    now = timezone.now()
    free = [day for day in free if day not in exact and series.start_on(day) > now]
    for index, (occurrence, day) in enumerate(zip(occurrences, wanted, strict=True)):
        if day in exact:
            occurrence.day = day
            continue
        until = wanted[index + 1] if index + 1 < len(wanted) else _after_last(wanted)
        occurrence.day = next((other for other in free if day <= other < until), None)
        free = [other for other in free if other != occurrence.day]


def _after_last(days: list[date]) -> date:
    return days[-1] + (days[-1] - days[-2]) if len(days) > 1 else date.max
