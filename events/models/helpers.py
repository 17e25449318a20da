"""Helpers of events."""

from django.conf import settings
from django.db import models

from events.models.events import Event

MOST_HELPERS = 100  # of one event


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
