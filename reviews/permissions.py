"""Permissions to change, delete and reply to reviews."""

from accounts.models import User
from events.models import Event
from reviews.exceptions import AuthorOnly, OwnerReplies
from reviews.models import Review


def check_may_edit(user: User, review: Review) -> None:
    """Raises AuthorOnly, also for admins: nobody changes texts of others."""
    if review.author_id != user.pk:
        raise AuthorOnly


def check_may_delete(user: User, review: Review) -> None:
    """Raises AuthorOnly, except for admins who may delete reviews."""
    if not user.may("delete", Review):
        check_may_edit(user, review)


def check_may_reply(user: User, event: Event) -> None:
    """Raises OwnerReplies."""
    if event.created_by_id != user.pk:
        raise OwnerReplies
