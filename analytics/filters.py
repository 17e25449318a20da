"""Query parameters of analytics."""

from typing import Any

import django_filters

from analytics.periods import Period
from core.api.fields import DayFilter, NameFilter, TimezoneFilter, WordFilter
from core.errors import BadValue
from core.validators import zone_or_utc
from events.filters import OrganizerFilter
from events.models import EventQuerySet


class PeriodFilter(django_filters.FilterSet):
    """Validates the parameters only; `period` returns them."""

    date_from = DayFilter(method="no_filter", label="First day, such as 2027-05-01.")
    date_to = DayFilter(method="no_filter", label="Last day (included).")
    tz = TimezoneFilter(
        method="no_filter",
        label="Time zone of the days (IANA or Windows name). Default: that of your profile.",
    )

    def period(self, own_zone: str) -> Period:
        """Raises BadValue if the last day is before the first one."""
        params = self.form.cleaned_data
        first, last = params["date_from"], params["date_to"]
        if first and last and last < first:
            raise BadValue("date_to", "end_before_start", "date_to is before date_from.")
        return Period(zone_or_utc(params["tz"] or own_zone), first, last)

    def no_filter(self, events: EventQuerySet, name: str, value: Any) -> EventQuerySet:
        return events


class OverviewFilter(PeriodFilter):
    organizer = OrganizerFilter(
        label="ID or username of an organizer, for admins who see all events.",
    )

    format = WordFilter(
        method="no_filter",
        choices=[("csv", "csv"), ("json", "json")],
        label="csv: the numbers of each event, as a file.",
    )
    after = NameFilter(method="no_filter", label="Cursor of the next part, from the `Link` header.")
