"""All writes of reviews, which also update the rating of the event.

Each locks the review first, then changes the rating by the difference that it makes to the locked
row, and locks nothing after that. So the rating stays equal to the rows, however many requests
edit, hide and delete one review at once.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from events.exceptions import EventCancelled
from events.selectors import get_visible
from events.services.ratings import change_rating
from reviews.exceptions import (
    AlreadyReviewed,
    EventNotOver,
    NotAttended,
    OwnEvent,
    ReviewHidden,
    ReviewNotFound,
)
from reviews.models import Review
from reviews.selectors import attended_rsvps, reviews_open_at


@transaction.atomic
def submit_review(*, event_id: int, author: User, rating: int, comment: str = "") -> Review:
    """Save an attendee's review of an event that is over, with 1 to 5 stars.

    Raises EventNotFound, OwnEvent, EventCancelled, EventNotOver, NotAttended and AlreadyReviewed.
    """
    event = get_visible(event_id=event_id, user=author)
    if event.created_by_id == author.pk:
        raise OwnEvent
    if event.is_cancelled:
        raise EventCancelled
    opens_at = reviews_open_at(event)
    if opens_at is None or opens_at > timezone.now():
        raise EventNotOver(opens_at)
    if not attended_rsvps(event).filter(user=author).exists():
        raise NotAttended
    # If two are submitted at once, the database accepts one, and the other one finds it here.
    review, is_new = Review.objects.get_or_create(
        event=event, author=author, defaults={"rating": rating, "comment": comment}
    )
    if not is_new:
        raise AlreadyReviewed
    change_rating(event_id=event_id, reviews=1, stars=rating)
    return review


@transaction.atomic
def edit_review(*, review_id: int, changes: dict[str, Any]) -> Review:
    """Change `rating` or `comment`, or both. Raises ReviewNotFound."""
    review = _lock(review_id)
    changes = {name: value for name, value in changes.items() if getattr(review, name) != value}
    if not changes:
        return review
    before = review.rating
    for name, value in changes.items():
        setattr(review, name, value)
    review.save(update_fields=[*changes, "updated_at"])
    if not review.is_hidden and review.rating != before:
        change_rating(event_id=review.event_id, reviews=0, stars=review.rating - before)
    return review


@transaction.atomic
def delete_review(*, review_id: int, by: User) -> None:
    """Delete a review; its author may write another one. Raises ReviewNotFound and ReviewHidden.

    Only admins who may delete reviews can delete a hidden one. Otherwise its author could delete
    it and write the same text again, and it would count.
    """
    review = _lock(review_id)
    if review.is_hidden and not by.may("delete", Review):
        raise ReviewHidden
    review.delete()
    if not review.is_hidden:
        change_rating(event_id=review.event_id, reviews=-1, stars=-review.rating)


@transaction.atomic
def reply_to_review(*, review_id: int, by: User, reply: str) -> Review:
    """Save the organizer's reply, replacing an earlier one. Raises ReviewNotFound."""
    review = _lock(review_id)
    review.reply, review.replied_by, review.replied_at = reply, by, timezone.now()
    review.save(update_fields=["reply", "replied_by", "replied_at"])
    return review


@transaction.atomic
def delete_reply(*, review_id: int) -> None:
    """Delete the reply; a missing reply is no error. Raises ReviewNotFound."""
    review = _lock(review_id)
    review.reply, review.replied_by, review.replied_at = "", None, None
    review.save(update_fields=["reply", "replied_by", "replied_at"])


@transaction.atomic
def hide_review(*, review_id: int, by: User, reason: str) -> Review:
    """Hide a review and take it out of the rating; its author sees the reason.

    Hiding it again changes the reason. Raises ReviewNotFound.
    """
    review = _lock(review_id)
    counted = not review.is_hidden
    review.hidden_at = review.hidden_at or timezone.now()
    review.hidden_by, review.hidden_reason = by, reason
    review.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
    if counted:
        change_rating(event_id=review.event_id, reviews=-1, stars=-review.rating)
    return review


@transaction.atomic
def show_review(*, review_id: int) -> None:
    """Show a hidden review and count it again; twice is no error. Raises ReviewNotFound."""
    review = _lock(review_id)
    if review.is_hidden:
        review.hidden_at, review.hidden_by, review.hidden_reason = None, None, ""
        review.save(update_fields=["hidden_at", "hidden_by", "hidden_reason"])
        change_rating(event_id=review.event_id, reviews=1, stars=review.rating)


def _lock(review_id: int) -> Review:
    reviews = Review.objects.select_related("author")
    try:
        return reviews.select_for_update(of=("self",), no_key=True).get(pk=review_id)
    except Review.DoesNotExist as error:
        raise ReviewNotFound from error
