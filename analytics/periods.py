"""Periods of days in a time zone, for which numbers are requested."""

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
    """A range of days, both ends included; None is an open end."""

    zone: ZoneInfo
    first: date | None = None
    last: date | None = None

    def starting(self, events: EventQuerySet) -> EventQuerySet:
        """Return the events that start in these days."""
        if self.first is not None:
            events = events.filter(start_time__gte=midnight(self.first, self.zone))
        if self.last is not None:
            events = events.filter(start_time__lt=midnight(self.last + _DAY, self.zone))
        return events

    def days_until(self, now: datetime) -> list[date]:
        """Return the days up to today: at most the last 366, or 30 without a first day."""
        today = now.astimezone(self.zone).date()
        last = today if self.last is None else min(self.last, today)
        usual = last - (USUAL_DAYS - 1) * _DAY
        first = usual if self.first is None else max(self.first, last - (MOST_DAYS - 1) * _DAY)
        return [first + number * _DAY for number in range((last - first).days + 1)]

    def limits(self, days: list[date]) -> tuple[datetime, datetime]:
        """Return the start of the first day and the end of the last day."""
        return midnight(days[0], self.zone), midnight(days[-1] + _DAY, self.zone)

    @property
    def zone_for_databases(self) -> tzinfo:
        """Return the zone, or its offset if Django would misread the zone's name.

        Django takes `Etc/GMT+10`, ten hours WEST of Greenwich, for ten hours east.
        """
        if not self.zone.key.startswith("Etc/GMT"):
            return self.zone
        offset = datetime.now(UTC).astimezone(self.zone).utcoffset()
        assert offset is not None
        return timezone(offset)
