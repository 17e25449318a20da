"""The query parameters of numbers: of which days, and whose."""

from typing import Any

import django_filters

from analytics.periods import Period
from core.api.fields import DayFilter, NameFilter, TimezoneFilter, WordFilter
from core.errors import BadValue
from core.validators import zone_or_utc
from events.filters import EventFilter
from events.models import EventQuerySet


class PeriodFilter(django_filters.FilterSet):
    """Only reads the question; filters nothing by itself."""

    date_from = DayFilter(method="no_filter", label="First day, such as 2027-05-01.")
    date_to = DayFilter(method="no_filter", label="Last day, itself included.")
    tz = TimezoneFilter(
        method="no_filter",
        label="Time zone of the days (IANA or Windows name); without it that of your profile.",
    )

    def period(self, own_zone: str) -> Period:
        """Raises BadValue where the days end before they begin."""
        asked = self.form.cleaned_data
        first, last = asked["date_from"], asked["date_to"]
        if first and last and last < first:
            raise BadValue("date_to", "end_before_start", "It is before date_from.")
        return Period(zone_or_utc(asked["tz"] or own_zone), first, last)

    def no_filter(self, events: EventQuerySet, name: str, value: Any) -> EventQuerySet:
        return events


class OverviewFilter(PeriodFilter):
    organizer = NameFilter(
        method="organized_by",
        label="Id or username: only the events of that organizer, for admins who see all.",
    )

    format = WordFilter(
        method="no_filter",
        choices=[("csv", "csv"), ("json", "json")],
        label="csv: each event with its own numbers, as a file.",
    )
    after = NameFilter(method="no_filter", label="Cursor of the next part, from the `Link` header.")

    organized_by = EventFilter.organized_by
