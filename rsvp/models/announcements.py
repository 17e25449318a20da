"""Announcements to everyone with an RSVP, and how far they have been sent."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from core.clock import written


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)


class Announcement(models.Model):
    """A message to everyone with an RSVP for an event: one row, however many people there are.

    Saved in the transaction of the change that it announces. `rsvp.messages.announcements` then
    notifies the people in the order of their ids and stores the last one in `told_up_to`, so a
    restart continues from there. For several dates of a series, `event` is the first one, and each
    person gets one message.
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
        default=list, blank=True, help_text="Context of each date, for several dates of a series."
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
        null=True,
        blank=True,
        # People with later RSVPs already saw the change.
        help_text="Latest RSVP change before this. Later RSVPs are not notified.",
    )
    told_up_to = models.BigIntegerField(default=0, help_text="ID of the last person notified.")
    told = models.PositiveIntegerField(default=0, help_text="People notified so far.")
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
        """Return the context of each event by the event's id, the soonest first."""
        return {context["event"]["id"]: context for context in self.dates or [self.context]}


class ChangeWindow(models.Model):
    """The changes of an event that wait to be announced together, and until when.

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
    """The time up to which due reminders have been written, and the claim of a run; one row."""

    swept_until = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"up to {written(self.swept_until)}"
