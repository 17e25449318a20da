"""What those who were there say of an event."""

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

LONGEST_COMMENT = 5000
STARS = range(1, 6)


class ReviewQuerySet(models.QuerySet["Review"]):
    def shown(self) -> Self:
        """All but those that an admin has hidden: they count for nothing."""
        return self.filter(hidden_at=None)


class Review(models.Model):
    """One person's stars and words on one event, and the organizer's reply.

    Written by `reviews.services` only, which keep the event's rating (`events.Rating`) in step.
    """

    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="reviews")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    rating = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(STARS[0]), MaxValueValidator(STARS[-1])]
    )
    comment = models.TextField(blank=True, max_length=LONGEST_COMMENT)
    reply = models.TextField(blank=True, max_length=LONGEST_COMMENT)
    replied_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.CharField(max_length=500, blank=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reviews_hidden",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "author"], name="review_one_per_person"),
            models.CheckConstraint(
                condition=Q(rating__gte=STARS[0], rating__lte=STARS[-1]),
                name="review_one_to_five_stars",
            ),
        ]
        indexes = [
            models.Index(
                fields=["event", "-id"], name="review_shown_by_event", condition=Q(hidden_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.rating} of {STARS[-1]} by {self.author} for {self.event}"
