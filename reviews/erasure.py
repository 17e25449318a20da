"""What becomes of the words of somebody who is erased."""

from accounts.models import User
from reviews.models import Review


def forget_words(*, person: User) -> None:
    """Stars stay, as ratings rest on them; what the person wrote, and what was said of it, goes.

    Repeating it is safe.
    """
    Review.objects.filter(author=person).update(comment="", hidden_reason="")
    replies = Review.objects.filter(replied_by=person)
    replies.update(reply="", replied_by=None, replied_at=None)
    Review.objects.filter(hidden_by=person).update(hidden_by=None)
