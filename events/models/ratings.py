"""How an event was liked."""

from django.db import models
from django.db.models import F, Q

from events.models.events import Event

# What an event counts as before anybody has rated it, and how many ratings outweigh that.
PRIOR_MEAN = 3.5
PRIOR_WEIGHT = 5


class Rating(models.Model):
    """The ratings of one event, 1 to 5 stars each: how many, and their sum.

    A narrow row of its own, as the tally is; `reviews` writes it, through
    `events.services.ratings`. `score` is the Bayesian average that events are sorted by: one
    visitor's five stars do not outrank a hundred visitors' 4.8.
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
        """Stars, to two places; None where nobody has rated."""
        return round(self.sum / self.count, 2) if self.count else None
