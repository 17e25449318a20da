"""Events that come again, and the rule that says when."""

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
        """All but the deleted ones."""
        return self.filter(deleted_at=None)

    def due(self, horizon: date) -> Self:
        """Those whose rule has days up to the horizon that nobody has written out."""
        return self.alive().filter(next_day__lte=horizon)

    def whose_owner_may_organize(self) -> Self:
        """Return the series of active organizers and active superusers."""
        may_organize = Q(created_by__is_organizer=True) | Q(created_by__is_superuser=True)
        return self.filter(may_organize, created_by__is_active=True)


class Series(EventBase):
    """A rule, the wall clock that it follows, and what new occurrences begin with.

    The occurrences are events of their own: rows, made ahead up to a horizon.
    `events.series.creation` writes both, and locks the series first, then the
    tallies in ascending order of their events.
    """

    recurrence_pattern = models.CharField(
        max_length=MOST_CHARACTERS, help_text="A word such as weekly, or an RRULE (RFC 5545)."
    )
    first_day = models.DateField(help_text="The rule counts from here.")
    local_time = models.TimeField(help_text="When it starts, on the clocks of its time zone.")
    duration = models.DurationField(
        help_text="Elapsed time, also across a clock change. All-day series: whole days."
    )
    exdates = models.JSONField(
        default=list, blank=True, help_text="Days of the rule without an occurrence."
    )
    next_day = models.DateField(
        null=True,
        editable=False,
        help_text="The rule's first day that is not written out; empty: none.",
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
        return Recurrence.parse(self.recurrence_pattern, zone=self.zone, at=self.local_time)

    def start_on(self, day: date) -> datetime:
        """When the occurrence of that day starts, in UTC.

        An hour that the clock change skips moves on by the gap, of one that
        comes twice it is the first (RFC 5545, 3.3.5).
        """
        return datetime.combine(day, self.local_time, tzinfo=self.zone).astimezone(UTC)

    def end_on(self, day: date) -> datetime:
        if self.is_all_day:
            return start_of(day + self.duration, self.zone)
        return self.start_on(day) + self.duration

    def is_excluded(self, day: date) -> bool:
        return day.isoformat() in self.exdates


# What a new occurrence has of its series.
SHARED_FIELDS = (
    "title", "description", "location", "latitude", "longitude", "timezone", "is_all_day", "banner",
    "category_id", "created_by_id", "status", "published_at", "requires_verified_email",
)  # fmt: skip
