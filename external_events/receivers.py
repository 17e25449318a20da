"""Reactions to signals of accounts."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erased, export_asked
from external_events import selectors
from external_events.models import Subscription


@receiver(account_erased)
def remove_organizer(*, user: User, **_: Any) -> None:
    """Standing imports continue without an organizer: admins own them."""
    Subscription.objects.filter(organizer=user).update(organizer=None)


@receiver(export_asked)
def export_standing_imports(*, user: User, **_: Any) -> dict[str, list[dict[str, Any]]]:
    return selectors.export_of(user)
