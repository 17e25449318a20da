"""Calendar feeds, which calendar apps read without a token."""

from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """The secret address of one person's calendar. Written by `rsvp.calendar.feeds`.

    A copy of these rows opens no feed: the secret is encrypted, and found by its digest.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret.")
    sealed_secret = models.TextField()
    created_at = models.DateTimeField(help_text="Creation time of the secret.")

    def __str__(self) -> str:
        return f"the feed of {self.user.username}"
