"""The outbox, its deliveries, devices for push messages, and preferences."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from notifications import kinds
from notifications.kinds import Channel, Priority


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unplanned(self) -> Self:
        """Return notifications without deliveries so far.

        A kind that only a newer version knows waits for a process of that version.
        """
        known = [kind.name for kind in kinds.all_kinds()]
        return self.filter(planned_at=None, kind__in=known)

    def listed(self) -> Self:
        """Return the notifications that the app shows."""
        shown = [kind.name for kind in kinds.all_kinds() if kind.is_listed]
        return self.filter(kind__in=shown)


class Notification(models.Model):
    """A message to one person: a row of the outbox, and an item of the list in the app.

    It is written in the transaction of the change that it reports, so that neither exists without
    the other. `occasion` prevents a second one: it names the RSVP, the start and lead time of a
    reminder, or the week of a digest. `context` is the data of the kind's templates.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,  # the indexes below begin with it
    )
    kind = models.CharField(max_length=20, choices=kinds.choices)
    event_id = models.BigIntegerField(
        "event", null=True, blank=True, help_text="ID of the event, without a foreign key."
    )
    # A database default, because versions without priorities inserted rows during the upgrade.
    priority = models.SmallIntegerField(choices=Priority, db_default=Priority.RECEIPT)
    occasion = models.CharField(max_length=100)
    context = models.JSONField(default=dict)
    email = models.CharField(
        "only to",
        max_length=320,
        blank=True,
        help_text="The only address of the message. Empty: all channels of the person.",
    )
    useful_until = models.DateTimeField(help_text="Time after which the message is not sent.")
    request_id = models.CharField(
        max_length=128, blank=True, help_text="ID of the request that caused it, as in the log."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    planned_at = models.DateTimeField(
        null=True, blank=True, help_text="Time at which the deliveries were written."
    )
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "event_id", "kind", "occasion"],
                condition=Q(event_id__isnull=False),
                name="notification_once",
            ),
            models.UniqueConstraint(
                fields=["user", "kind", "occasion"],
                condition=Q(event_id=None),
                name="notification_once_without_event",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_by_user"),
            models.Index(
                fields=["priority", "id"], name="notification_to_plan", condition=Q(planned_at=None)
            ),
            models.Index(fields=["created_at"], name="notification_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.user.username}"

    def is_useful(self, now: datetime) -> bool:
        return now < self.useful_until


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> Self:
        """Return the deliveries to send now, and those whose claim has expired."""
        return self.filter(status__in=Delivery.OPEN, due_at__lte=now)

    def claimed(self, now: datetime) -> Self:
        """Return the deliveries that workers have, while the claim is valid."""
        return self.filter(status__in=Delivery.OPEN, is_claimed=True, due_at__gt=now)


class Delivery(models.Model):
    """A notification on its way to one address; `notifications.relay` sends it.

    `due_at` is the time of the next attempt, the end of quiet hours, or the time at which the claim
    of a process expires.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        SKIPPED = "skipped"

    OPEN = (Status.PENDING, Status.SENDING)

    notification = models.ForeignKey(
        Notification,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # the constraint's index begins with it
    )
    channel = models.CharField(max_length=5, choices=Channel)
    address = models.CharField(
        max_length=320, help_text="E-mail address, phone number, or ID of the device."
    )
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    priority = models.SmallIntegerField(choices=Priority, db_default=Priority.RECEIPT)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    is_claimed = models.BooleanField(
        "claimed",
        db_default=False,
        help_text="True while a worker has it; `due_at` is then the end of the claim.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    error = models.CharField(
        max_length=500, blank=True, help_text="Last error, or the reason why it was not sent."
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "channel", "address"], name="delivery_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "sending", "sent", "failed", "skipped"]),
                name="delivery_status_known",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="delivery_channel_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "due_at"],
                name="delivery_due",
                condition=Q(status__in=["pending", "sending"]),
            ),
            models.Index(
                fields=["channel", "priority", "due_at"],
                name="delivery_by_priority",
                condition=Q(status__in=["pending", "sending"]),
            ),
            # Small: only deliveries of workers, or of workers that were killed.
            models.Index(
                fields=["channel", "due_at"],
                name="delivery_claimed",
                condition=Q(is_claimed=True, status__in=["pending", "sending"]),
            ),
            models.Index(fields=["id"], name="delivery_dead", condition=Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.address}: {self.status}"


class Device(models.Model):
    """An app or browser that gets the push messages of a signed-in person."""

    class Platform(models.TextChoices):
        IOS = "ios", "iOS"
        ANDROID = "android", "Android"
        WEB = "web", "Web"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices"
    )
    session = models.ForeignKey(
        "usersessions.UserSession",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="devices",
        db_index=False,  # a migration of its own creates the index concurrently
        help_text="Session that the device ends with. Empty for old devices.",
    )
    token = models.CharField(max_length=1024, unique=True, help_text="Registration token of FCM.")
    platform = models.CharField(max_length=7, choices=Platform)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["session"], name="device_by_session")]

    def __str__(self) -> str:
        return f"{self.get_platform_display()} device {self.pk}"


class Preferences(models.Model):
    """The channels and quiet hours of a person. Without a row, the defaults apply.

    `channels` has only the differences to the defaults (`selectors.EffectivePreferences`). With
    `has_own_leads` the lead times are the rows of `ReminderLead`; no rows mean no reminders.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="notification_preferences",
    )
    channels = models.JSONField(default=dict, blank=True)
    has_own_leads = models.BooleanField(default=False)
    quiet_from = models.TimeField(
        null=True, blank=True, help_text="Beginning, in the person's time zone."
    )
    quiet_to = models.TimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "preferences"
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None)
                | Q(quiet_from__isnull=False, quiet_to__isnull=False)
                & ~Q(quiet_from=F("quiet_to")),
                name="preferences_quiet_hours_whole",
            )
        ]

    def __str__(self) -> str:
        return f"Preferences of {self.user.username}"


class ReminderLead(models.Model):
    """A time before the start of events at which a person gets a reminder."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="reminder_leads",
        db_index=False,
    )
    minutes = models.PositiveIntegerField()

    class Meta:
        ordering = ["-minutes"]
        constraints = [
            models.UniqueConstraint(fields=["user", "minutes"], name="reminder_lead_once")
        ]
        indexes = [models.Index(fields=["minutes", "user"], name="reminder_lead_by_minutes")]

    def __str__(self) -> str:
        return f"{self.minutes} min"
