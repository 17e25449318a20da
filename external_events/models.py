"""Imported events, standing imports and their runs, possible duplicates."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.validators import PlainText
from events.models import Category, Event
from external_events.providers import provider_choices

MOST_DAYS_AHEAD = 730
MOST_A_RUN = 100_000


class Subscription(models.Model):
    """A standing import: a search at a provider whose results are imported, once or regularly."""

    class Every(models.TextChoices):
        ONCE = "once", "only on request"
        HOUR = "hourly"
        DAY = "daily"
        WEEK = "weekly"
        MONTH = "monthly"

    provider = models.CharField(max_length=20, choices=provider_choices)
    query = models.CharField(max_length=200, blank=True, default="", validators=[PlainText()])
    location = models.CharField(
        max_length=200,
        blank=True,
        default="",
        validators=[PlainText()],
        help_text="City, or City, CC with the country's code, or City, ST, CC.",
    )
    every = models.CharField(max_length=10, choices=Every, default=Every.WEEK)
    days_ahead = models.PositiveSmallIntegerField(
        default=365, help_text="Number of days to search, today included."
    )
    limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Maximum number of events per run. Empty: no limit."
    )
    dry_run = models.BooleanField(
        default=False, help_text="Only count the events of each run; write nothing."
    )
    is_active = models.BooleanField(
        default=True, help_text="Runs by itself. If off, it only runs on request."
    )
    category = models.ForeignKey(
        Category,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Category of the imported events. Empty: the one named like the provider's.",
    )
    organizer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Owner of the imported events. Empty: no owner; only admins can edit them.",
    )
    next_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_run = models.OneToOneField(
        "external_events.Run",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "standing import"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(query="", location=""),
                name="subscription_asks_for_something",
                violation_error_message="Enter search words, a location, or both.",
            ),
            models.CheckConstraint(
                condition=Q(days_ahead__range=(1, MOST_DAYS_AHEAD)),
                name="subscription_days_ahead_sane",
                violation_error_message=f"Enter a number of days from 1 to {MOST_DAYS_AHEAD}.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_run_at"],
                name="subscription_due",
                condition=Q(is_active=True, next_run_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        search = ", ".join(filter(None, [self.query, self.location]))
        return f"{self.get_provider_display()}: {search}"


class Run(models.Model):
    """One run of a standing import through all its results; resumes after an interruption.

    `windows` is the rest of the search: `[from, before, page]` each, the last one next. A worker
    has claimed the run until `claimed_until`.
    """

    # The counters, with their names for people.
    COUNTS = {
        "created": "new",
        "updated": "updated",
        "unchanged": "unchanged",
        "cancelled": "cancelled",
        "skipped": "skipped",
        "failed": "failed",
        "duplicates": "possible duplicates",
    }

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    dry_run = models.BooleanField(default=False)
    windows = models.JSONField(default=list)
    total = models.PositiveIntegerField(
        null=True, blank=True, help_text="Number of results, as the provider counts them."
    )
    seen = models.PositiveIntegerField(default=0, help_text="Number of events processed.")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(
        default=0,
        help_text="Events without a known start, past events, and events cancelled before import.",
    )
    failed = models.PositiveIntegerField(
        default=0, help_text="Events that could not be read or saved."
    )
    duplicates = models.PositiveIntegerField(
        default=0, help_text="New events that may be the same as another one."
    )
    is_truncated = models.BooleanField(
        default=False,
        help_text="The provider has more results than its API returns; some were not imported.",
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Number of consecutive failed attempts."
    )
    error = models.CharField(max_length=500, blank=True, default="")
    next_step_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"], name="run_one_at_a_time", condition=Q(state="running")
            )
        ]
        indexes = [
            models.Index(fields=["next_step_at"], name="run_due", condition=Q(state="running"))
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.subscription}"

    @property
    def expected(self) -> int | None:
        """Return how many events the run will process, as far as that is known."""
        limits = (self.total, self.subscription.limit)
        return min((limit for limit in limits if limit is not None), default=None)


class Import(models.Model):
    """The source of an imported event, and the values written from it.

    `written` has, by field of the event, the provider's value at the last write. A field with
    another value was edited here, and is left alone. Fields that were given with the import are not
    in it.
    """

    class Banner(models.TextChoices):
        NONE = "none"
        DUE = "due"
        DONE = "done"
        FAILED = "failed"

    event = models.OneToOneField(
        Event, on_delete=models.CASCADE, primary_key=True, related_name="imported"
    )
    subscription = models.ForeignKey(
        Subscription,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="imports",
        help_text="Standing import that created the event. Empty: imported by hand.",
    )
    written = models.JSONField(default=dict)
    record_hash = models.CharField(
        max_length=64, help_text="Hash of the provider's record, to detect changes."
    )
    image = models.CharField(max_length=2000, blank=True, default="")
    banner = models.CharField(max_length=10, choices=Banner, default=Banner.NONE)
    banner_attempts = models.PositiveSmallIntegerField(default=0)
    banner_due_at = models.DateTimeField(null=True, blank=True)
    banner_error = models.CharField(max_length=200, blank=True, default="")
    seen_at = models.DateTimeField(help_text="Time of the provider's last response with the event.")
    next_look_at = models.DateTimeField(help_text="Time of the next scheduled lookup.")
    is_gone = models.BooleanField(
        default=False, help_text="No longer listed by the provider. The event here is unchanged."
    )

    class Meta:
        verbose_name = "imported event"
        indexes = [
            models.Index(
                fields=["banner_due_at"], name="import_banner_due", condition=Q(banner="due")
            ),
            models.Index(fields=["next_look_at"], name="import_next_look"),
        ]

    def __str__(self) -> str:
        return str(self.event)


class Duplicate(models.Model):
    """Two events that may be the same, for people to review. Nothing is merged automatically."""

    class Verdict(models.TextChoices):
        OPEN = "open", "to be reviewed"
        SAME = "same"
        DIFFERENT = "different"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+", db_index=False)
    likeness = models.PositiveSmallIntegerField(help_text="Likeness of the titles, up to 100.")
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.OPEN)
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "possible duplicate"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["other", "event"], name="duplicate_once_a_pair"),
            models.CheckConstraint(
                condition=Q(event__gt=F("other")), name="duplicate_of_an_earlier_event"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} / {self.other}"
