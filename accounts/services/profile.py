"""What people say about themselves."""

from typing import Any

from django.db import transaction

from accounts.models import User
from notifications.services import set_preferences


@transaction.atomic
def update_profile(*, user: User, changes: dict[str, Any]) -> User:
    changes = dict(changes)
    interests = changes.pop("interests", None)
    notifications = changes.pop("notifications", None)
    for field, value in changes.items():
        setattr(user, field, value)
    if changes:
        user.save(update_fields=list(changes))
    if interests is not None:
        user.interests.set(interests)
    if notifications is not None:
        set_preferences(user_id=user.pk, changes=notifications)
    return user
