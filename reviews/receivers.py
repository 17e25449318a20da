"""Effects on reviews when accounts are erased or exported."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased, export_asked
from reviews import erasure, selectors


@receiver(account_erased)
def forget_words_of_erased(*, user: User, **_: Any) -> None:
    erasure.forget_words(person=user)


@receiver(export_asked)
def export_reviews(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user)
