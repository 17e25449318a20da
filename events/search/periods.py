"""Events by when they go on: from an instant on, or within some days."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import BooleanField, DateTimeField, F, Func, Value

from events.models import EventQuerySet

_DAY = timedelta(days=1)
_SATURDAY = 5


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there; a day may have 23 or 25 hours."""
    return datetime.combine(day, time.min, tzinfo=zone)


def today(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    day = now.astimezone(zone).date()
    return midnight(day, zone), midnight(day + _DAY, zone)


def weekend(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Saturday and Sunday: those under way, else the coming ones."""
    day = now.astimezone(zone).date()
    until_saturday = max(_SATURDAY - day.weekday(), -1)  # on a Sunday it was yesterday
    saturday = day + until_saturday * _DAY
    return midnight(saturday, zone), midnight(saturday + 2 * _DAY, zone)


def during(
    events: EventQuerySet, since: datetime, until: datetime, *, are_listed: bool
) -> EventQuerySet:
    """What goes on at any time from `since` on and before `until`.

    Of listed events PostgreSQL is told the first start that can be meant: both ends of the
    starts are then known, where the planner misjudges ranges that overlap by far.
    """
    events = events.filter(start_time__lt=until, end_time__gt=since)
    if not are_listed or connections[events.db].vendor != "postgresql":
        return events
    return events.filter(start_time__gte=_first_start(since))


def at(events: EventQuerySet, now: datetime) -> EventQuerySet:
    """What goes on at this instant."""
    return events.filter(_GoesOn(now, now + timedelta(microseconds=1)))


def not_over(events: EventQuerySet, now: datetime) -> EventQuerySet:
    """Listed events that have not ended; `skip_those_over` then knows how to read them."""
    events = events.not_over(now)
    is_real = connections[events.db].vendor == "postgresql"
    return events.alias(first_start=_Once(_first_start(now))) if is_real else events


def skip_those_over(events: EventQuerySet) -> EventQuerySet:
    """The same events, without walking through years of those that have ended.

    Pages go by the start, which says nothing of the end: so PostgreSQL is told
    from which start on there is anything, by the index of what goes on now.
    Only for reading pages: the planner takes the two conditions for independent
    and would estimate far too few.
    """
    if "first_start" not in events.query.annotations:
        return events
    return events.filter(start_time__gte=F("first_start"))


def _first_start(at: datetime) -> Func:
    """The earliest start of the listed events that go on at this instant; without any, itself."""
    return Func(Value(at), function="events_first_start", output_field=DateTimeField())


class _Once(Func):
    """A value that no row changes: as it stands, PostgreSQL would work it out for each."""

    template = "(SELECT %(expressions)s)"
    arity = 1


class _GoesOn(Func):
    """Whether the event and the time from `since` to `until` overlap."""

    output_field = BooleanField()
    template = "%(expressions)s"

    def __init__(self, since: datetime, until: datetime) -> None:
        super().__init__(F("start_time"), F("end_time"), Value(since), Value(until))

    def _compiled(self, compiler: Any, pattern: str, order: tuple[int, ...]) -> Any:
        parts = [compiler.compile(self.get_source_expressions()[each]) for each in order]
        return pattern.format(*(sql for sql, _ in parts)), [
            value for _, values in parts for value in values
        ]

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        # Exactly the expression that the index is made of.
        pattern = "tstzrange({}, {}) && tstzrange({}, {})"
        return self._compiled(compiler, pattern, (0, 1, 2, 3))

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        return self._compiled(compiler, "({} < {} AND {} > {})", (0, 3, 1, 2))
