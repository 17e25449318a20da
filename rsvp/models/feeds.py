"""Where calendars read without a token."""

from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """The address at which a calendar reads where one person goes, without a token.

    Who has a copy of the rows can open none: the secret is sealed for its
    person, and found by its digest. Written by `rsvp.calendar.feeds`.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret.")
    sealed_secret = models.TextField()
    created_at = models.DateTimeField(help_text="When this secret was made.")

    def __str__(self) -> str:
        return f"the feed of {self.user.username}"
