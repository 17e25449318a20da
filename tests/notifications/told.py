"""Rows of the outbox, as written by the services and the relay."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from notifications.kinds import Channel
from notifications.models import Delivery, Notification
from notifications.services import notify
from tests.notifications.kinds import Kind
from tests.notifications.notices import EVENT, about_account, notice


def tell(user: User, kind: Kind = Kind.PROMOTED, occasion: str = "answer 1") -> Notification:
    """Told of an event, in the digest of some, or of the account, and not planned yet."""
    if kind == Kind.NEW_IN_INTERESTS:
        notify([notice(user, kind, occasion=occasion, event_id=None, context={"events": [EVENT]})])
    elif kind.is_about_account:
        notify([about_account(user, kind, occasion=occasion)])
    else:
        notify([notice(user, kind, occasion=occasion)])
    return Notification.objects.latest("id")


def sent_by(notification: Notification, channel: Channel, **fields: Any) -> Delivery:
    """On its way by this channel, or wherever `fields` say."""
    values = {"address": "somewhere", "due_at": timezone.now(), **fields}
    return Delivery.objects.create(notification=notification, channel=channel, **values)
