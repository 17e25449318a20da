"""Which day each date of a series gets, when its clock or its rule has changed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from django.utils import timezone

from core.errors import BadValue
from events.models import Event, Series
from events.recurrence import Recurrence
from events.series.creation import horizon_of, local, set_clock, set_exdates, set_rule
from events.series.endings import Occurrence, day_of


def without_same_rule(changes: dict[str, Any], series: Series) -> dict[str, Any]:
    """Leave out a rule and exceptions that equal those of the series, in any spelling."""
    changes = dict(changes)
    pattern, exdates = changes.get("recurrence_pattern"), changes.get("exdates")
    if pattern is not None and _rule_text(series, pattern) == series.recurrence_pattern:
        del changes["recurrence_pattern"]
    if exdates is not None and sorted({day.isoformat() for day in exdates}) == series.exdates:
        del changes["exdates"]
    return changes


def _rule_text(series: Series, pattern: str) -> str:
    rule = Recurrence.parse(pattern, zone=series.zone, at=series.local_time)
    return rule.text(zone=series.zone, at=series.local_time)


def move_clock(series: Series, anchor: Event, day: date, clock: dict[str, datetime]) -> timedelta:
    """Set the time of day and duration of the series; return by how much its dates move."""
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
            raise BadValue(
                "recurrence_pattern",
                "recurrence_required",
                "The rule names its days; for another day send the new rule, too.",
            )
        until = rule.until and rule.until + shift
        pattern = replace(rule, until=until).text(zone=series.zone, at=series.local_time)
    if exdates is None:
        exdates = [date.fromisoformat(each) + shift for each in series.exdates]
    set_rule(series, pattern, first=series.first_day + shift)
    set_exdates(series, exdates)


def find_days(series: Series, occurrences: list[Occurrence], shift: timedelta) -> None:
    """Give each row its day of the new rule, or none.

    The same day, moved by the shift, where the rule has it; else the rule's next
    free day before the next row's.
    """
    wanted = [day_of(each.event) + shift for each in occurrences]
    last = max([horizon_of(series), *wanted])
    kept = series.occurrences.filter(series_day__isnull=False)
    kept = kept.exclude(pk__in=[each.event.pk for each in occurrences])
    taken = set(kept.values_list("series_day", flat=True))
    free = [
        day
        for day in takewhile(lambda day: day <= last, series.recurrence.days(series.first_day))
        if day not in taken and not series.is_excluded(day)
    ]
    exact = set(wanted) & set(free)
    now = timezone.now()
    free = [day for day in free if day not in exact and series.start_on(day) > now]
    for index, (each, day) in enumerate(zip(occurrences, wanted, strict=True)):
        if day in exact:
            each.day = day
            continue
        until = wanted[index + 1] if index + 1 < len(wanted) else _after_last(wanted)
        each.day = next((other for other in free if day <= other < until), None)
        free = [other for other in free if other != each.day]


def _after_last(days: list[date]) -> date:
    return days[-1] + (days[-1] - days[-2]) if len(days) > 1 else date.max
