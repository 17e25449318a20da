"""Fields that events and series share."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from core.validators import PlainText, validate_timezone

LATEST_REFUND_HOURS = 8760  # a year


class RefundPolicy(models.TextChoices):
    """What buyers get back when they give tickets back in time."""

    NONE = "none", "no refunds"
    FULL = "full", "full refunds"


class EventBase(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        CANCELLED = "cancelled"

    title = models.CharField(max_length=200, validators=[PlainText()])
    description = models.TextField(
        max_length=20_000, blank=True, validators=[PlainText(lines=True)]
    )
    location = models.CharField(max_length=300, blank=True, validators=[PlainText()])
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    timezone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_timezone],
        help_text="IANA name; the zone of times that are sent without an offset.",
    )
    is_all_day = models.BooleanField(
        "all day",
        default=False,
        db_default=False,
        help_text="Whether the event lasts whole days of its time zone, without times of day.",
    )
    banner = models.CharField(
        max_length=64, blank=True, default="", editable=False,
        help_text="Key of the picture files, which occurrences and copies share.",
    )  # fmt: skip
    status = models.CharField(max_length=10, choices=Status, default=Status.PUBLISHED)
    cancellation_reason = models.CharField(
        max_length=500, blank=True, default="", validators=[PlainText(lines=True)]
    )
    requires_verified_email = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether seats are only for people with a verified e-mail address.",
    )
    refund_policy = models.CharField(
        max_length=10,
        choices=RefundPolicy,
        default=RefundPolicy.NONE,
        db_default=RefundPolicy.NONE,
        help_text="What buyers get back when they give tickets back.",
    )
    refund_until_hours = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        validators=[MaxValueValidator(LATEST_REFUND_HOURS)],
        help_text="End of refunds: hours before the start. Sold tickets keep their terms.",
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    sequence = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="iCalendar SEQUENCE, increased by changes that calendars show.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="%(class)s_coordinates_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "published", "cancelled"]),
                name="%(class)s_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_hidden(self) -> bool:
        """Return whether the row is deleted, or a draft that only its owner can see."""
        return self.deleted_at is not None or self.status == self.Status.DRAFT
