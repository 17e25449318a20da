"""Events that take place at an instant, in a period, or from now on."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import BooleanField, DateTimeField, F, Func, Value

from core.database.statements import Now
from events.models import EventQuerySet

_DAY = timedelta(days=1)
_SATURDAY = 5


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the start of the day in the zone; a day can have 23 or 25 hours."""
    return datetime.combine(day, time.min, tzinfo=zone)


def today(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    day = now.astimezone(zone).date()
    return midnight(day, zone), midnight(day + _DAY, zone)


def weekend(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the current weekend (Saturday and Sunday), or else the next one."""
    day = now.astimezone(zone).date()
    until_saturday = max(_SATURDAY - day.weekday(), -1)  # on a Sunday it was yesterday
    saturday = day + until_saturday * _DAY
    return midnight(saturday, zone), midnight(saturday + 2 * _DAY, zone)


def during(
    events: EventQuerySet, since: datetime, until: datetime, *, are_listed: bool
) -> EventQuerySet:
    """Return the events that take place at any time from `since` to before `until`.

    For listed events on PostgreSQL, the earliest possible start is added as a condition, because
    the planner badly misjudges overlapping ranges.
    """
    events = events.filter(start_time__lt=until, end_time__gt=since)
    if not are_listed or connections[events.db].vendor != "postgresql":
        return events
    return events.filter(start_time__gte=_first_start(since))


def at(events: EventQuerySet, now: datetime) -> EventQuerySet:
    """Return the events that take place at this instant."""
    return events.filter(_Overlaps(now, now + timedelta(microseconds=1)))


def not_over(events: EventQuerySet, now: datetime | Now) -> EventQuerySet:
    """Return listed events that have not ended, prepared for `skip_those_over`."""
    events = events.not_over(now)
    is_real = connections[events.db].vendor == "postgresql"
    return events.alias(first_start=_Once(_first_start(now))) if is_real else events


def skip_those_over(events: EventQuerySet) -> EventQuerySet:
    """Return the same events, but let PostgreSQL skip years of past events.

    Pages are sorted by start, so the earliest start of a current event is added as a condition. Use
    it only to read pages: the planner treats the two conditions as independent, and would estimate
    far too few rows.
    """
    if "first_start" not in events.query.annotations:
        return events
    return events.filter(start_time__gte=F("first_start"))


def _first_start(at: datetime | Now) -> Func:
    """Return the earliest start of listed events that take place at this instant, or else it."""
    instant = at if isinstance(at, Now) else Value(at)
    return Func(instant, function="events_first_start", output_field=DateTimeField())


class _Once(Func):
    """A subquery, which PostgreSQL evaluates once and not for every row."""

    template = "(SELECT %(expressions)s)"
    arity = 1


class _Overlaps(Func):
    """The condition that the event and the period overlap."""

    output_field = BooleanField()
    template = "%(expressions)s"

    def __init__(self, since: datetime, until: datetime) -> None:
        super().__init__(F("start_time"), F("end_time"), Value(since), Value(until))

    def _compiled(self, compiler: Any, pattern: str, order: tuple[int, ...]) -> Any:
        parts = [compiler.compile(self.get_source_expressions()[index]) for index in order]
        return pattern.format(*(sql for sql, _ in parts)), [
            value for _, values in parts for value in values
        ]

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        # The same expression as in the index.
        pattern = "tstzrange({}, {}) && tstzrange({}, {})"
        return self._compiled(compiler, pattern, (0, 1, 2, 3))

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._compiled(compiler, "({} < {} AND {} > {})", (0, 3, 1, 2))
