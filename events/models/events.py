"""Events and their queryset."""

from datetime import date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from core.database.statements import Now
from core.validators import validate_year
from events.all_day import stored_days
from events.models.base import EventBase
from events.models.categories import Category, Tag

# After the end, because devices that were offline upload their scans late.
HELPERS_STAY = timedelta(hours=48)


class EventQuerySet(models.QuerySet["Event"]):
    def alive(self) -> Self:
        """Return the rows that are not deleted."""
        return self.filter(deleted_at=None)

    def published(self) -> Self:
        """Return the published events, whether or not lists show them."""
        return self.alive().filter(status=Event.Status.PUBLISHED)

    def listed(self) -> Self:
        """Return the events that lists show: without those of deactivated organizers."""
        return self.published().filter(~_organizer_is_inactive())

    def with_organizer_state(self) -> Self:
        """Add `is_organizer_inactive`, in the same statement."""
        return self.annotate(is_organizer_inactive=_organizer_is_inactive())

    def not_over(self, now: datetime | Now) -> Self:
        return self.filter(end_time__gt=now)

    def open_to_helpers(self, now: datetime) -> Self:
        """Return the events for which `is_open_to_helpers` is true."""
        return self.filter(end_time__gt=now - HELPERS_STAY)

    def to_come(self, now: datetime | Now) -> Self:
        return self.filter(start_time__gt=now)

    def with_details(self) -> Self:
        """Load everything that responses show, in two queries for any number of events."""
        return (
            self.select_related("category", "created_by", "tally", "rating", "series")
            .defer("series__description")
            .prefetch_related("tags")
        )


def _organizer_is_inactive() -> Exists:
    """Return the condition that the organizer's account is deactivated.

    The state is read from the account, so that no event can be missed; the partial index
    `user_deactivated` serves it. Erased accounts own no events.
    """
    accounts = get_user_model().objects.filter(pk=OuterRef("created_by_id"))
    return Exists(accounts.filter(is_active=False, erased_at=None))


class Event(EventBase):
    """An event, or one occurrence of a series. Rows are kept after deletion.

    Only `events.services` and `events.series` write events; they lock the tally first.
    """

    start_time = models.DateTimeField(validators=[validate_year])
    end_time = models.DateTimeField(validators=[validate_year])
    series = models.ForeignKey(
        "events.Series",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="occurrences",
        db_index=False,  # the unique constraint serves as index
        editable=False,
    )
    series_day = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="Day of the recurrence rule, also after a move. Empty: none.",
    )
    own_fields = models.JSONField(
        default=list,
        blank=True,
        editable=False,
        help_text="Fields edited on this occurrence alone; the series skips them.",
    )
    category = models.ForeignKey(
        Category,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,  # other indexes start with this column
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="events")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="events",
        db_index=False,
    )

    external_provider = models.CharField(
        max_length=20, blank=True, default="", editable=False,
        help_text="Provider that sells tickets, such as ticketmaster. Empty: not imported.",
    )  # fmt: skip
    external_event_id = models.CharField(max_length=100, blank=True, default="", editable=False)
    external_url = models.CharField(max_length=2000, blank=True, default="", editable=False)
    external_status = models.CharField(
        max_length=20, blank=True, default="", editable=False,
        help_text="Status at the provider, such as postponed.",
    )  # fmt: skip
    price = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, editable=False,
        help_text="Lowest ticket price at the provider.",
    )  # fmt: skip
    currency = models.CharField(
        max_length=3, blank=True, default="", editable=False, help_text="ISO 4217"
    )
    end_time_known = models.BooleanField(
        default=True, editable=False, help_text="Whether the end is known. No: it is an estimate."
    )
    end_pulled_in_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Last edit to an earlier end. Reviews open an hour after it.",
    )

    external_is_primary = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether standing imports update this copy of the imported event.",
    )

    # `external_status` of an event without a valid date.
    POSTPONED = "postponed"

    my_role: str | None  # set by `selectors.add_extras`
    # Values by the names of `events.extras`, set by `selectors.add_extras`.
    extras: dict[str, Any]
    is_organizer_inactive: bool  # set by `with_organizer_state`
    # Set on search results.
    highlight: Any
    distance_km: float | None

    objects = EventQuerySet.as_manager()

    class Meta(EventBase.Meta):
        ordering = ["start_time", "id"]
        constraints = [
            *EventBase.Meta.constraints,
            models.CheckConstraint(
                condition=Q(end_time__gt=F("start_time")), name="event_ends_after_its_start"
            ),
            models.UniqueConstraint(
                fields=["series", "series_day"], name="event_once_a_day_of_its_series"
            ),
            # Erasure of an account sets the owner to null. Then the first constraint permits
            # several events; the second one works without an owner.
            models.UniqueConstraint(
                fields=["external_provider", "external_event_id", "created_by"],
                name="event_imported_once_by_owner",
                condition=Q(deleted_at=None) & ~Q(external_provider=""),
            ),
            models.UniqueConstraint(
                fields=["external_provider", "external_event_id"],
                name="event_imported_once_as_primary",
                condition=Q(deleted_at=None, external_is_primary=True),
            ),
            models.CheckConstraint(
                condition=Q(series_day=None) | Q(series__isnull=False),
                name="event_day_is_of_a_series",
            ),
        ]
        indexes = [
            models.Index(
                # Includes the end and the owner, so that the index alone skips events that are over
                # and those of inactive organizers: a later page walks over all before it.
                fields=["start_time", "id", "end_time", "created_by"],
                name="event_listed_in_order",
                condition=Q(status="published", deleted_at=None),
            ),
            models.Index(
                fields=["category", "start_time", "id", "end_time", "created_by"],
                name="event_listed_by_category",
                condition=Q(status="published", deleted_at=None),
            ),
            models.Index(
                fields=["title", "id", "end_time", "created_by"],
                name="event_listed_by_title",
                condition=Q(status="published", deleted_at=None),
            ),
            models.Index(
                fields=["latitude", "longitude", "end_time"],
                name="event_listed_by_coordinates",
                condition=Q(status="published", deleted_at=None, latitude__isnull=False),
            ),
            models.Index(fields=["category", "start_time", "id"], name="event_by_category"),
            models.Index(
                fields=["created_by", "start_time", "id", "end_time"],
                name="event_by_organizer_and_time",
            ),
            models.Index(
                # Includes the owner, so that the index alone counts events of active organizers.
                fields=["end_time", "created_by"],
                name="event_listed_by_end_and_owner",
                condition=Q(status="published", deleted_at=None),
            ),
            models.Index(
                fields=["category", "published_at"],
                name="event_new_in_category",
                condition=Q(status="published", deleted_at=None),
            ),
            models.Index(
                fields=["-created_at", "-id"],
                name="event_listed_by_creation",
                condition=Q(status="published", deleted_at=None),
            ),
            models.Index(fields=["banner"], name="event_by_banner", condition=~Q(banner="")),
        ]

    @property
    def days(self) -> tuple[date, date] | None:
        """Return the first and last day of an all-day event; None for an event with times."""
        if not self.is_all_day:
            return None
        return stored_days(self.start_time, self.end_time, ZoneInfo(self.timezone))

    def has_started(self, now: datetime) -> bool:
        return self.start_time <= now

    def is_over(self, now: datetime) -> bool:
        return self.end_time <= now

    def is_open_to_helpers(self, now: datetime) -> bool:
        """Return whether helpers have access: until 48 hours after the end."""
        return now < self.end_time + HELPERS_STAY

    def is_past(self, now: datetime) -> bool:
        """Return whether it was published and is over; see `events.services.past_events`."""
        return self.is_over(now) and not (self.is_postponed or self.status == self.Status.DRAFT)

    @property
    def is_recurring(self) -> bool:
        return self.series_id is not None

    @property
    def is_postponed(self) -> bool:
        return self.external_status == self.POSTPONED

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED
