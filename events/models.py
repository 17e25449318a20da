"""Events, what they are about, and how many seats of theirs are taken."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from config.validators import PlainText, validate_timezone, validate_year

MOST_SEATS = 2**31 - 1  # what the column holds


class Category(models.Model):
    """What an event is about; admins keep the list."""

    name = models.CharField(max_length=80, validators=[PlainText()])
    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True)
    description = models.TextField(max_length=1000, blank=True, validators=[PlainText(lines=True)])

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="category_name_unique",
                violation_error_message="Another category has this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word on an event; organizers add their own."""

    name = models.CharField(max_length=50, validators=[PlainText()])
    slug = models.SlugField(max_length=50, unique=True, allow_unicode=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="tag_name_unique",
                violation_error_message="Another tag has this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class EventQuerySet(models.QuerySet["Event"]):
    def alive(self) -> Self:
        """All but the deleted ones."""
        return self.filter(deleted_at=None)

    def listed(self) -> Self:
        """What everyone finds in lists."""
        return self.alive().filter(status=Event.Status.PUBLISHED)

    def not_over(self, now: datetime) -> Self:
        return self.filter(end_time__gt=now)

    def with_details(self) -> Self:
        """All that one event shows, in two queries whatever the number of events."""
        return self.select_related("category", "created_by", "tally").prefetch_related("tags")


class Event(models.Model):
    """Something that happens at a place and time. Rows are kept after deletion.

    Written by `events.services` only, which locks the tally first.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        CANCELLED = "cancelled"

    title = models.CharField(max_length=200, validators=[PlainText()])
    description = models.TextField(
        max_length=20_000, blank=True, validators=[PlainText(lines=True)]
    )
    location = models.CharField(max_length=300, validators=[PlainText()])
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    start_time = models.DateTimeField(validators=[validate_year])
    end_time = models.DateTimeField(validators=[validate_year])
    timezone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text="IANA name; times sent without an offset are read in it.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.PUBLISHED)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    sequence = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Counts what calendars must notice (RFC 5545, 3.8.7.4).",
    )
    category = models.ForeignKey(
        Category,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="events",
        db_index=False,  # the indexes below begin with it
    )
    tags = models.ManyToManyField(Tag, blank=True, related_name="events")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="events",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    # What the upper floors show on it, set by `selectors.add_extras`.
    extras: dict[str, Any]

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["start_time", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_time__gt=F("start_time")), name="event_ends_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="event_coordinates_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "published", "cancelled"]),
                name="event_status_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["start_time", "id"],
                name="event_listed_by_start",
                condition=Q(status="published", deleted_at=None),
            ),
            models.Index(fields=["category", "start_time", "id"], name="event_by_category"),
            models.Index(fields=["created_by", "start_time", "id"], name="event_by_organizer"),
            models.Index(
                fields=["end_time"],
                name="event_listed_by_end",
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
        ]

    def __str__(self) -> str:
        return self.title

    def has_started(self, now: datetime) -> bool:
        return self.start_time <= now

    def is_over(self, now: datetime) -> bool:
        return self.end_time <= now

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    @property
    def is_hidden(self) -> bool:
        """For the owner's eyes only, or nobody's."""
        return self.deleted_at is not None or self.status == self.Status.DRAFT


# A newcomer would have to wait: for the database here, for one row in `Tally.is_full`.
_FULL = Q(max_attendees__isnull=False) & (
    Q(going__gte=F("max_attendees")) | Q(waiting__gt=F("passed_over"))
)


class Tally(models.Model):
    """The seats of one event: its limit and its counts, in people, guests included.

    A narrow row of its own, because every answer rewrites it (docs/adr/0002),
    and capacity and count in the SAME row, so that the database itself refuses
    an oversold event. Whoever changes seats locks this row first; `rsvp.services`
    writes the counts, `events.services` the limit.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True)
    max_attendees = models.PositiveIntegerField(null=True, blank=True)
    going = models.PositiveIntegerField(default=0)
    interested = models.PositiveIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    passed_over = models.PositiveIntegerField(
        default=0, help_text="Of those waiting: in parties larger than the limit."
    )
    next_in_line = models.PositiveBigIntegerField(default=1)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.CheckConstraint(
                condition=Q(max_attendees=None) | Q(going__lte=F("max_attendees")),
                name="tally_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(max_attendees=None) | Q(max_attendees__gte=1),
                name="tally_limit_at_least_one",
            ),
            models.CheckConstraint(
                condition=Q(passed_over__lte=F("waiting")), name="tally_passed_over_are_waiting"
            ),
        ]
        indexes = [
            models.Index(fields=["-going", "-interested", "event"], name="tally_by_popularity"),
            models.Index(fields=["event"], name="tally_of_full_events", condition=_FULL),
        ]

    FULL = _FULL

    def __str__(self) -> str:
        return f"{self.going} of {self.max_attendees or '∞'}"

    @property
    def is_full(self) -> bool:
        return self.max_attendees is not None and (
            self.going >= self.max_attendees or self.waiting > self.passed_over
        )

    @property
    def spots_left(self) -> int | None:
        """Seats that nobody holds; None where there is no limit."""
        return None if self.max_attendees is None else self.max_attendees - self.going

    def has_room_for(self, people: int) -> bool:
        return self.spots_left is None or people <= self.spots_left

    def can_ever_hold(self, people: int) -> bool:
        return self.max_attendees is None or people <= self.max_attendees
