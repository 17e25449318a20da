"""Ratings of events."""

from django.db import models
from django.db.models import F, Q

from events.models.events import Event

# The Bayesian average starts with this many ratings of this value.
PRIOR_MEAN = 3.5
PRIOR_WEIGHT = 5


def average(count: int, stars: int) -> float | None:
    """Return the average stars, rounded to two places; None without ratings."""
    return round(stars / count, 2) if count else None


class Rating(models.Model):
    """Number and sum of the ratings of one event, 1 to 5 stars each.

    A narrow row of its own, like the tally; `reviews` writes it through `events.services.ratings`.
    Events are sorted by `score`, the Bayesian average: a single rating of 5 stars does not outrank
    a hundred ratings of 4.8.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    sum = models.PositiveBigIntegerField(default=0)
    score = models.GeneratedField(
        expression=(F("sum") + PRIOR_MEAN * PRIOR_WEIGHT) / (F("count") + PRIOR_WEIGHT * 1.0),
        output_field=models.FloatField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sum__gte=F("count"), sum__lte=F("count") * 5),
                name="rating_between_one_and_five",
            )
        ]
        indexes = [models.Index(fields=["-score", "event"], name="rating_by_score")]

    def __str__(self) -> str:
        return f"{self.average} ({self.count})" if self.count else "–"

    @property
    def average(self) -> float | None:
        return average(self.count, self.sum)
