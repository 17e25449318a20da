"""How far the telling of crowds has come."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from core.clock import written


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)


class Announcement(models.Model):
    """Something that everyone who answered an event is to be told: one row, however many they are.

    Written with the change that it tells about; `rsvp.messages.announcements` then works
    through the people up to `told_up_to`, so that a restart goes on from there.
    Where it is about several dates of a series, `event` is the first of them,
    and nobody is told more than once.
    """

    event = models.ForeignKey(
        "events.Event", on_delete=models.PROTECT, related_name="announcements"
    )
    kind = models.CharField(
        max_length=20,
        choices=[("event_changed", "Event changed"), ("event_cancelled", "Event cancelled")],
    )
    occasion = models.CharField(max_length=100)
    context = models.JSONField(default=dict)
    dates = models.JSONField(
        default=list, blank=True, help_text="Of a series, instead: the context of each date."
    )
    changes = models.JSONField(
        default=dict,
        blank=True,
        help_text="For merged changes, by event: the facts before each one (`ChangeWindow`).",
    )
    useful_until = models.DateTimeField()
    request_id = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField()
    last_answer = models.BigIntegerField(
        null=True, blank=True, help_text="Who had not answered by then, knows it already."
    )
    told_up_to = models.BigIntegerField(default=0, help_text="The last person's id.")
    told = models.PositiveIntegerField(default=0, help_text="How many people so far.")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "kind", "occasion"], name="announcement_once")
        ]
        indexes = [
            models.Index(
                fields=["id"], name="announcement_unfinished", condition=Q(finished_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.event}"

    @property
    def by_event(self) -> dict[int, dict[str, Any]]:
        """What is said of each event, by its id, the soonest first."""
        return {each["event"]["id"]: each for each in self.dates or [self.context]}


class ChangeWindow(models.Model):
    """The time until which changes of an event wait, and the waiting changes.

    `waiting` has an item for each change that is not announced yet: `was`, the facts before it;
    `last_answer`, as in an announcement; `at`. Written by `rsvp.messages.changes`.
    """

    event = models.OneToOneField(
        "events.Event", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    closes_at = models.DateTimeField()
    is_waiting = models.BooleanField(default=False)
    waiting = models.JSONField(default=list)
    request_id = models.CharField(max_length=128, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["closes_at"], name="change_window_due", condition=Q(is_waiting=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id} until {written(self.closes_at)}"


class ReminderSweep(models.Model):
    """Up to when reminders that fell due have been written, and who is at it; one row."""

    swept_until = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"up to {written(self.swept_until)}"
