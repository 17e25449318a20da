"""What the limits count in the database."""

from django.db import models
from django.db.models import Q


class LimitWindow(models.Model):
    """How often one key was counted since its window began; `core.ratelimit` alone writes here.

    A row whose window has lapsed counts for nothing, and begins anew with the next hit.
    """

    key = models.CharField(max_length=100, primary_key=True)
    used = models.PositiveIntegerField()
    quota = models.PositiveIntegerField(help_text="How many the window lets through.")
    lapses_at = models.FloatField(help_text="Seconds since 1970, by the clock of the host.")

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
