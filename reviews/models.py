"""Reviews of events, and the progress of review requests."""

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import User
from core.validators import PlainText

LONGEST_TEXT = 5000
LONGEST_REASON = 500
FEWEST_STARS, MOST_STARS = 1, 5
STARS = range(FEWEST_STARS, MOST_STARS + 1)


class ReviewQuerySet(models.QuerySet["Review"]):
    def shown(self) -> Self:
        """Leave out hidden reviews, which do not count."""
        return self.filter(hidden_at=None)

    def visible_to(self, user: User) -> Self:
        """Return the reviews that the person may read.

        Hidden reviews are visible to their author, and to admins who may view reviews.
        """
        if user.may("view", Review):
            return self
        return self.filter(Q(hidden_at=None) | Q(author=user))


class Review(models.Model):
    """One person's rating of one event with a comment, and the organizer's reply.

    Written by `reviews.services` only, which also update the event's rating (`events.Rating`).
    `updated_at` is the time of the author's last change.
    """

    event = models.ForeignKey(
        "events.Event",
        on_delete=models.PROTECT,
        related_name="reviews",
        db_index=False,  # the indexes below begin with it
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    rating = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(FEWEST_STARS), MaxValueValidator(MOST_STARS)]
    )
    comment = models.TextField(
        blank=True, max_length=LONGEST_TEXT, validators=[PlainText(lines=True)]
    )
    reply = models.TextField(
        blank=True, max_length=LONGEST_TEXT, validators=[PlainText(lines=True)]
    )
    replied_at = models.DateTimeField(null=True, blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="replies_to_reviews",
    )
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.CharField(
        max_length=LONGEST_REASON, blank=True, validators=[PlainText(lines=True)]
    )
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
                condition=Q(rating__gte=FEWEST_STARS, rating__lte=MOST_STARS),
                name="review_one_to_five_stars",
            ),
        ]
        indexes = [models.Index(fields=["event", "-id"], name="review_by_event")]

    def __str__(self) -> str:
        return f"{self.rating} of {MOST_STARS} by {self.author.username} for {self.event}"

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None


class ReviewRequestQuerySet(models.QuerySet["ReviewRequest"]):
    def unfinished(self) -> Self:
        return self.filter(finished_at=None)


class ReviewRequest(models.Model):
    """The progress of asking the attendees of an event for reviews: one row per event.

    Created once the event is over. `reviews.requests` then goes through the people in the order of
    their IDs and stores the last one in `asked_up_to`, so a restart continues from there.
    """

    event = models.OneToOneField(
        "events.Event", on_delete=models.CASCADE, primary_key=True, related_name="review_request"
    )
    asked_up_to = models.BigIntegerField(default=0, help_text="ID of the last person asked.")
    asked = models.PositiveIntegerField(default=0, help_text="People asked so far.")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewRequestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["event"], name="review_request_unfinished", condition=Q(finished_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked} asked about {self.event}"
