"""Series of events with a recurrence rule."""

from datetime import UTC, date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q

from events.all_day import start_of
from events.models.base import EventBase
from events.models.categories import Category, Tag
from events.recurrence import Recurrence
from events.rule_syntax import MOST_CHARACTERS


class SeriesQuerySet(models.QuerySet["Series"]):
    def alive(self) -> Self:
        """Return the rows that are not deleted."""
        return self.filter(deleted_at=None)

    def due(self, horizon: date) -> Self:
        """Return the series that need occurrences up to the horizon."""
        return self.alive().filter(next_day__lte=horizon)

    def whose_owner_may_organize(self) -> Self:
        """Return the series of active organizers and active superusers."""
        may_organize = Q(created_by__is_organizer=True) | Q(created_by__is_superuser=True)
        return self.filter(may_organize, created_by__is_active=True)


class Series(EventBase):
    """A recurrence rule, its local time, and the initial values of new occurrences.

    The occurrences are rows of `Event`, created ahead up to a horizon. Writes lock the series
    first, then the tallies in ascending order of the event IDs.
    """

    recurrence_pattern = models.CharField(
        max_length=MOST_CHARACTERS, help_text="A word such as weekly, or an RRULE (RFC 5545)."
    )
    first_day = models.DateField(help_text="First day of the rule.")
    local_time = models.TimeField(help_text="Local start time in the time zone of the series.")
    duration = models.DurationField(
        help_text="Elapsed time, also across clock changes; whole days of all-day series."
    )
    exdates = models.JSONField(
        default=list, blank=True, help_text="Days of the rule without an occurrence (EXDATE)."
    )
    next_day = models.DateField(
        null=True,
        editable=False,
        help_text="First day of the rule without an occurrence yet. Empty: none.",
    )
    max_attendees = models.PositiveIntegerField(null=True, blank=True)
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="series"
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="series")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="series"
    )

    objects = SeriesQuerySet.as_manager()

    class Meta(EventBase.Meta):
        ordering = ["id"]
        verbose_name_plural = "series"
        constraints = [
            *EventBase.Meta.constraints,
            models.CheckConstraint(
                condition=Q(max_attendees=None) | Q(max_attendees__gte=1),
                name="series_limit_at_least_one",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_day"],
                name="series_to_extend",
                condition=Q(next_day__isnull=False, deleted_at=None),
            )
        ]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def recurrence(self) -> Recurrence:
        return self.parse_rule(self.recurrence_pattern)

    def parse_rule(self, pattern: str) -> Recurrence:
        """Parse a rule in the time zone of the series. Raises BadValue."""
        return Recurrence.parse(pattern, zone=self.zone, at=self.local_time)

    def rule_text(self, rule: Recurrence) -> str:
        return rule.text(zone=self.zone, at=self.local_time)

    def start_on(self, day: date) -> datetime:
        """Return the start of the occurrence on that day, in UTC.

        A time that a clock change skips moves forward by the gap; of a time that exists twice, the
        first is used (RFC 5545, 3.3.5).
        """
        return datetime.combine(day, self.local_time, tzinfo=self.zone).astimezone(UTC)

    def end_on(self, day: date) -> datetime:
        if self.is_all_day:
            return start_of(day + self.duration, self.zone)
        return self.start_on(day) + self.duration

    def is_excluded(self, day: date) -> bool:
        return day.isoformat() in self.exdates


# Fields that a new occurrence copies from its series.
SHARED_FIELDS = (
    "title", "description", "location", "latitude", "longitude", "timezone", "is_all_day", "banner",
    "category_id", "created_by_id", "status", "published_at", "requires_verified_email",
    "refund_policy", "refund_until_hours",
)  # fmt: skip
