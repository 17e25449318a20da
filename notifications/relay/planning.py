"""Writes the deliveries of new notifications, by the preferences of each person."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from notifications import channels, kinds
from notifications.channels import Recipient
from notifications.kinds import Channel
from notifications.models import Delivery, Notification
from notifications.selectors import EffectivePreferences, preferences_by_user

BATCH = 200  # takes a fraction of a second, so that urgent messages come in between


def plan_all() -> int:
    """Plan the deliveries of every new notification; return the number of notifications."""
    planned = 0
    while batch := plan_next():
        planned += batch
    return planned


def plan_next() -> int:
    """Plan the most urgent new notifications, up to BATCH; return their number."""
    return _plan_batch() if Notification.objects.unplanned().exists() else 0


@transaction.atomic
def _plan_batch() -> int:
    unplanned = Notification.objects.unplanned().select_related("user").order_by("priority", "id")
    batch = list(unplanned.select_for_update(skip_locked=True, of=("self",), no_key=True)[:BATCH])
    now = timezone.now()
    useful = [row for row in batch if row.user.is_active and row.is_useful(now)]
    Delivery.objects.bulk_create(_deliveries(useful, now), ignore_conflicts=True)
    Notification.objects.filter(pk__in=[row.pk for row in batch]).update(planned_at=now)
    return len(batch)


def _deliveries(notifications: list[Notification], now: datetime) -> list[Delivery]:
    users = {notification.user_id: notification.user for notification in notifications}
    preferences = preferences_by_user(list(users))
    return [
        Delivery(
            notification=notification,
            channel=channel,
            priority=notification.priority,
            address=address,
            status=Delivery.Status.SKIPPED if obstacle else Delivery.Status.PENDING,
            error=obstacle,
            due_at=not_before(channel, preferences[notification.user_id], notification, now),
        )
        for channel, by_user in _recipients_by_channel(list(users.values())).items()
        for notification in notifications
        if preferences[notification.user_id].wants(notification.kind, channel)
        for address, obstacle in recipients(notification, channel, by_user)
    ]


def recipients(
    notification: Notification, channel: str, by_user: dict[int, list[Recipient]]
) -> list[Recipient]:
    """Return the address in the notification, or the addresses of its person.

    No obstacle stops a message about the account.
    """
    if notification.email:
        return [Recipient(notification.email)] if channel == Channel.EMAIL else []
    found = by_user.get(notification.user_id, [])
    if kinds.get(notification.kind).is_about_account:
        return [Recipient(recipient.address) for recipient in found]
    return found


def _recipients_by_channel(users: list[Any]) -> dict[Channel, dict[int, list[Recipient]]]:
    modules = {channel: channels.module(channel) for channel in Channel}
    return {
        channel: module.recipients(users) for channel, module in modules.items() if module.is_on()
    }


def not_before(
    channel: Channel, preferences: EffectivePreferences, notification: Notification, now: datetime
) -> datetime:
    """Return now, or the end of the quiet hours, which hold back SMS and push.

    Messages about the account are not held back: the person waits for the code.
    """
    if channel == Channel.EMAIL or kinds.get(notification.kind).is_about_account:
        return now
    return preferences.quiet_until(now, notification.user.timezone) or now
