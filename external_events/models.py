"""What is remembered of events from elsewhere, and of the imports that go on by themselves."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.validators import PlainText
from events.models import Category, Event

MOST_DAYS_AHEAD = 730
MOST_A_RUN = 100_000


class ProviderName(models.TextChoices):
    TICKETMASTER = "ticketmaster", "Ticketmaster"
    SEATGEEK = "seatgeek", "SeatGeek"


class Subscription(models.Model):
    """A search at a provider whose finds are imported, once or again and again."""

    class Every(models.TextChoices):
        ONCE = "once", "only when asked to"
        HOUR = "hourly"
        DAY = "daily"
        WEEK = "weekly"
        MONTH = "monthly"

    provider = models.CharField(max_length=20, choices=ProviderName)
    query = models.CharField(max_length=200, blank=True, default="", validators=[PlainText()])
    location = models.CharField(
        max_length=200,
        blank=True,
        default="",
        validators=[PlainText()],
        help_text="A city, or City, CC with its country's code.",
    )
    every = models.CharField(max_length=10, choices=Every, default=Every.WEEK)
    days_ahead = models.PositiveSmallIntegerField(
        default=365, help_text="How far to look: events that start within so many days."
    )
    limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Look at so many events a run; empty: at all of them."
    )
    dry_run = models.BooleanField(
        default=False, help_text="Only count what would be done; nothing is written."
    )
    is_active = models.BooleanField(default=True, help_text="No: it waits to be run by hand.")
    category = models.ForeignKey(
        Category,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Of what it imports; empty: the one that is called as the provider's.",
    )
    organizer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whose events they become; empty: nobody's, admins look after them.",
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
                violation_error_message="Give words, a location, or both.",
            ),
            models.CheckConstraint(
                condition=Q(days_ahead__range=(1, MOST_DAYS_AHEAD)),
                name="subscription_days_ahead_sane",
                violation_error_message=f"Look 1 to {MOST_DAYS_AHEAD} days ahead.",
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
        asked = ", ".join(filter(None, [self.query, self.location]))
        return f"{self.get_provider_display()}: {asked}"


class Run(models.Model):
    """One passage through all that a subscription finds; goes on where it was broken off.

    `windows` is what is left to look at: `[from, before, page]` each, the last one next. Whoever
    works on it has claimed it until `claimed_until`.
    """

    # What it counts, and what people call it.
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
        null=True, blank=True, help_text="How many the provider says there are."
    )
    seen = models.PositiveIntegerField(default=0, help_text="How many were looked at.")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(
        default=0, help_text="Without a known start, past, or called off before they were here."
    )
    failed = models.PositiveIntegerField(default=0, help_text="They could not be read or kept.")
    duplicates = models.PositiveIntegerField(
        default=0, help_text="New ones that may be another event."
    )
    is_truncated = models.BooleanField(
        default=False, help_text="The provider has more than it lets anybody page to."
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="That failed in a row.")
    error = models.CharField(max_length=500, blank=True, default="")
    next_step_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                name="run_one_at_a_time",
                condition=Q(state="running"),
            )
        ]
        indexes = [
            models.Index(fields=["next_step_at"], name="run_due", condition=Q(state="running"))
        ]

    def __str__(self) -> str:
        return f"Run {self.pk} of {self.subscription}"

    @property
    def expected(self) -> int | None:
        """How many it looks at in all, as far as that is known by now."""
        known = [each for each in (self.total, self.subscription.limit) if each is not None]
        return min(known, default=None)


class Import(models.Model):
    """Where an event is from, and what we wrote of it.

    `written` holds, by field of the event, what the provider's word was when we last wrote it. A
    field that says something else by now was edited here, and is left alone. Fields that were
    given with the import are not in it.
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
        help_text="Empty: somebody imported it by hand.",
    )
    written = models.JSONField(default=dict)
    record_hash = models.CharField(
        max_length=64, help_text="Of the provider's word as a whole: is there anything new?"
    )
    image = models.CharField(max_length=2000, blank=True, default="")
    banner = models.CharField(max_length=10, choices=Banner, default=Banner.NONE)
    banner_attempts = models.PositiveSmallIntegerField(default=0)
    banner_due_at = models.DateTimeField(null=True, blank=True)
    banner_error = models.CharField(max_length=200, blank=True, default="")
    seen_at = models.DateTimeField(help_text="When the provider last told us of it.")
    next_look_at = models.DateTimeField(help_text="When it is asked for by itself.")
    is_gone = models.BooleanField(
        default=False, help_text="The provider knows it no more; it stays as it is."
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
    """Two events that may be one, for people to judge; nothing is merged by itself."""

    class Verdict(models.TextChoices):
        OPEN = "open", "to be judged"
        SAME = "same"
        DIFFERENT = "different"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+", db_index=False)
    likeness = models.PositiveSmallIntegerField(help_text="Of their titles, up to 100.")
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
