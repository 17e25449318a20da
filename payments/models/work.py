"""Rows that wait for a call to the provider."""

from datetime import timedelta

from django.db import models

_FIRST_PAUSE_S = 30
_LONGEST_PAUSE_S = 3600


class Work(models.Model):
    """`due_at` is when the next call is due, and empty when none is."""

    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def pause(self) -> timedelta:
        """Return the time until the next try."""
        return timedelta(seconds=min(_FIRST_PAUSE_S * 2 ** min(self.tries, 10), _LONGEST_PAUSE_S))
