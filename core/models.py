"""The rows that count rate limits in the database."""

from django.db import models
from django.db.models import Q


class LimitWindow(models.Model):
    """The hits of one key since its window began. Only `core.ratelimit` writes here.

    The next hit restarts a window that has ended.
    """

    key = models.CharField(max_length=100, primary_key=True)
    used = models.PositiveIntegerField()
    quota = models.PositiveIntegerField(help_text="Hits that one window allows.")
    lapses_at = models.FloatField(help_text="End of the window, in seconds since 1970.")

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(used__gte=0, quota__gte=1), name="limit_window_counts"
            )
        ]
        indexes = [models.Index(fields=["lapses_at"], name="limit_window_by_lapse")]

    def __str__(self) -> str:
        return f"{self.key}: {self.used} of {self.quota}"
