"""Create rows of the outbox as the services and the relay do."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from notifications.kinds import Channel
from notifications.models import Delivery, Notification
from notifications.services import notify
from tests.notifications.kinds import Kind
from tests.notifications.notices import EVENT, about_account, notice


def create_notification(
    user: User, kind: Kind = Kind.PROMOTED, occasion: str = "answer 1"
) -> Notification:
    """Create a notification that is not planned yet."""
    if kind == Kind.NEW_IN_INTERESTS:
        notify([notice(user, kind, occasion=occasion, event_id=None, context={"events": [EVENT]})])
    elif kind.is_about_account:
        notify([about_account(user, kind, occasion=occasion)])
    else:
        notify([notice(user, kind, occasion=occasion)])
    return Notification.objects.latest("id")


def create_delivery(notification: Notification, channel: Channel, **fields: Any) -> Delivery:
    """Create a delivery that is due now; `fields` change it."""
    values = {"address": "somewhere", "due_at": timezone.now(), **fields}
    return Delivery.objects.create(notification=notification, channel=channel, **values)
