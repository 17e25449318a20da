"""Effects on reviews when accounts are erased or exported."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased, export_asked
from reviews import selectors
from reviews.models import Review


@receiver(account_erased)
def forget_words_of_erased(*, user: User, **_: Any) -> None:
    """Erase a person's comments and replies, and the reasons for hiding their reviews.

    Stars stay, because the ratings count them. Safe to repeat.
    """
    Review.objects.filter(author=user).update(comment="", hidden_reason="")
    replies = Review.objects.filter(replied_by=user)
    replies.update(reply="", replied_by=None, replied_at=None)
    Review.objects.filter(hidden_by=user).update(hidden_by=None)


@receiver(export_asked)
def export_reviews(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user)
