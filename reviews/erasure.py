"""Erasure of the texts of a person in reviews."""

from accounts.models import User
from reviews.models import Review


def forget_words(*, person: User) -> None:
    """Erase a person's comments and replies, and the reasons for hiding their reviews.

    Stars stay, because the ratings count them. Safe to repeat.
    """
    Review.objects.filter(author=person).update(comment="", hidden_reason="")
    replies = Review.objects.filter(replied_by=person)
    replies.update(reply="", replied_by=None, replied_at=None)
    Review.objects.filter(hidden_by=person).update(hidden_by=None)
