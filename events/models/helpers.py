"""Helpers of events."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Value, When

from accounts.models import User
from events.models.events import HELPERS_STAY, Event

MOST_HELPERS = 100  # of one event


class Role(models.TextChoices):
    """What a person can do at an event beyond what everybody can."""

    OWNER = "owner"
    DOOR = "door"


class Helper(models.Model):
    """A person who can see the attendees of an event and check them in."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="helpers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="helps_at"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="helper_once_an_event")
        ]

    def __str__(self) -> str:
        return f"{self.user.username} at {self.event}"


def role_of(reader: User, *, now: datetime) -> Case:
    """Return the `Role` of a user as an expression on events; null while they have none."""
    helping = Exists(Helper.objects.filter(event=OuterRef("pk"), user=reader))
    return Case(
        When(created_by=reader, then=Value(Role.OWNER)),
        When(helping, end_time__gt=now - HELPERS_STAY, then=Value(Role.DOOR)),
        default=None,
        output_field=models.CharField(),
    )
