"""What people are told: the outbox, where each message went, and what everyone wants to hear."""

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
    """One thing that one person is told: a row of the outbox, and an item of the in-app list.

    Written in the transaction of what it tells about, so that neither exists
    without the other. `occasion` makes it once: the number of an answer, the
    start and lead time of a reminder, the week of a digest. `context` is plain
    data; texts are made from it when they are sent or shown. It never holds a
    key: the links of account mails are made when they are sent.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,  # the indexes below begin with it
    )
    kind = models.CharField(max_length=20, choices=kinds.choices)
    event_id = models.BigIntegerField(
        "event", null=True, blank=True, help_text="Of a floor above: a plain number, no relation."
    )
    # A database default, because the previous version of the code inserts rows without it.
    priority = models.SmallIntegerField(choices=Priority, db_default=Priority.RECEIPT)
    occasion = models.CharField(max_length=100)
    context = models.JSONField(default=dict)
    email = models.CharField(
        "only to",
        max_length=320,
        blank=True,
        help_text="The one address that it goes to; empty: wherever the person is reached.",
    )
    useful_until = models.DateTimeField(help_text="Not sent any more from then on.")
    request_id = models.CharField(
        max_length=128, blank=True, help_text="Of the request that caused it, as in the log."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    planned_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was decided where it goes."
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
                fields=["priority", "id"],
                name="notification_to_plan",
                condition=Q(planned_at=None),
            ),
            models.Index(fields=["created_at"], name="notification_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.user.username}"

    def is_useful(self, now: datetime) -> bool:
        return now < self.useful_until


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> Self:
        """Those to be sent now, and those whose sender has not come back."""
        return self.filter(status__in=Delivery.OPEN, due_at__lte=now)

    def claimed(self, now: datetime) -> Self:
        """Return the deliveries that were handed to a worker, while the claim is valid."""
        return self.filter(status__in=Delivery.OPEN, is_claimed=True, due_at__gt=now)


class Delivery(models.Model):
    """One way of one notification to one address; `notifications.relay` moves it on.

    `due_at` is when it is looked at next: the first or next attempt, the end
    of quiet hours, or the instant at which the claim of a sender lapses.
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
        max_length=320, help_text="E-mail address, phone number, or the id of the device."
    )
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    priority = models.SmallIntegerField(choices=Priority, db_default=Priority.RECEIPT)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    is_claimed = models.BooleanField(
        "claimed",
        db_default=False,
        help_text="Whether a worker has it. Otherwise `due_at` is a retry or the end of quiet "
        "hours.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    error = models.CharField(
        max_length=500, blank=True, help_text="What went wrong last, or why it was not sent."
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
            # Small: only deliveries that workers have, or that were lost with a killed worker.
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
    """Where push messages arrive: an app or browser that somebody is signed in to."""

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
        db_index=False,  # made concurrently, by a migration of its own
        help_text="The session that registered it and ends it; empty for old ones.",
    )
    token = models.CharField(max_length=1024, unique=True, help_text="FCM's registration token.")
    platform = models.CharField(max_length=7, choices=Platform)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["session"], name="device_by_session")]

    def __str__(self) -> str:
        return f"{self.get_platform_display()} device {self.pk}"


class Preferences(models.Model):
    """What a person wants to hear, and when not. Who has no row has the defaults.

    `channels` holds only what differs from the defaults (`selectors.wants`).
    With `has_own_leads` their lead times are rows of `ReminderLead`, none for no reminders.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="notification_preferences",
    )
    channels = models.JSONField(default=dict, blank=True)
    has_own_leads = models.BooleanField(default=False)
    quiet_from = models.TimeField(null=True, blank=True, help_text="In the person's time zone.")
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
    """How long before an event's start somebody is reminded."""

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
