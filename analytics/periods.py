"""The days that numbers are asked for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from events.models import EventQuerySet
from events.search.periods import midnight

USUAL_DAYS = 30
MOST_DAYS = 366
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Days in a zone, both ends included; None: open at that end."""

    zone: ZoneInfo
    first: date | None = None
    last: date | None = None

    def starting(self, events: EventQuerySet) -> EventQuerySet:
        """Those that start in these days."""
        if self.first is not None:
            events = events.filter(start_time__gte=midnight(self.first, self.zone))
        if self.last is not None:
            events = events.filter(start_time__lt=midnight(self.last + _DAY, self.zone))
        return events

    def days_of_answers(self, now: datetime) -> list[date]:
        """The days of the period up to today: the last 366 of them, or 30 where none is first."""
        today = now.astimezone(self.zone).date()
        last = today if self.last is None else min(self.last, today)
        usual = last - (USUAL_DAYS - 1) * _DAY
        first = usual if self.first is None else max(self.first, last - (MOST_DAYS - 1) * _DAY)
        return [first + number * _DAY for number in range((last - first).days + 1)]

    def limits(self, days: list[date]) -> tuple[datetime, datetime]:
        """When the first of these days begins, and when the last has ended."""
        return midnight(days[0], self.zone), midnight(days[-1] + _DAY, self.zone)

    @property
    def zone_for_databases(self) -> tzinfo:
        """The zone, or its offset where Django would take a part of its name for one.

        Of `Etc/GMT+10`, which is ten hours WEST of Greenwich, it makes ten hours east.
        """
        if not self.zone.key.startswith("Etc/GMT"):
            return self.zone
        offset = datetime.now(UTC).astimezone(self.zone).utcoffset()
        assert offset is not None
        return timezone(offset)
