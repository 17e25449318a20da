"""Writes of notifications, devices and preferences."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Generic

import structlog
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.background import nudge_on_commit
from core.database import rows
from notifications import kinds, selectors
from notifications.exceptions import (
    DeviceNotFound,
    DeviceOfAnotherAccount,
    NotificationNotFound,
    SignInOver,
    UnsubscribeTokenWrong,
)
from notifications.kinds import C, Channel, NotificationKind
from notifications.models import Delivery, Device, Notification, Preferences, ReminderLead
from notifications.unsubscribe import read_token

RELAY = "notifications.tasks.relay"
MOST_DEVICES = 20  # of a person
_BATCH = 1000


@dataclass(frozen=True)
class Notice(Generic[C]):
    """A notification to write.

    `occasion` identifies what the notification is about: a person gets one notification for an
    occasion. `email` is the only address that it goes to, which need not be the person's present
    one; empty for all channels of the person.
    """

    user_id: int
    kind: NotificationKind[C]
    context: C
    occasion: str
    useful_until: datetime
    event_id: int | None = None
    request_id: str = ""
    email: str = ""


def notify(notices: Iterable[Notice[Any]]) -> None:
    """Write notifications in the caller's transaction, with one INSERT per thousand.

    A notification of the same occasion that exists already is not changed.
    """
    request_id = current_request_id()
    notifications = [
        Notification(
            user_id=notice.user_id,
            kind=notice.kind.name,
            event_id=notice.event_id,
            priority=notice.kind.priority,
            occasion=notice.occasion,
            context=notice.context.as_json(),
            email=notice.email,
            useful_until=notice.useful_until,
            request_id=notice.request_id or request_id,
        )
        for notice in notices
    ]
    if notifications:
        rows.insert_missing(notifications)
        nudge_on_commit(RELAY)


def current_request_id() -> str:
    """Return the ID of the request that caused this, also in its tasks; empty if there is none."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:128]


def keep_in_app(*, user_ids: Iterable[int]) -> int:
    """Mark the new notifications of these people as planned, so that only the app shows them."""
    unplanned = Notification.objects.unplanned().filter(user__in=user_ids)
    return unplanned.update(planned_at=timezone.now())


def mark_read(*, notification_id: int, user_id: int) -> Notification:
    """Mark as read; a second call keeps the first time. Raises NotificationNotFound."""
    mine = Notification.objects.listed().filter(pk=notification_id, user=user_id)
    mine.filter(read_at=None).update(read_at=timezone.now())
    try:
        return selectors.notifications_of(user_id).get(pk=notification_id)
    except Notification.DoesNotExist as error:
        raise NotificationNotFound from error


def mark_all_read(*, user_id: int) -> None:
    """Mark the listed notifications of a person as read; those already read keep their time."""
    unread = Notification.objects.listed().filter(user=user_id, read_at=None)
    unread.update(read_at=timezone.now())


@transaction.atomic
def set_preferences(*, user_id: int, changes: dict[str, Any]) -> None:
    """Change the preferences in `changes`: `reminder_minutes`, `quiet_hours` and `channels`.

    `quiet_hours` is `{"from": time, "to": time}` or None. `channels` maps kinds to channels to
    bools, with only those that change.
    """
    if not changes:
        return
    Preferences.objects.get_or_create(user_id=user_id)
    preferences = Preferences.objects.select_for_update().get(user=user_id)
    if "quiet_hours" in changes:
        hours: dict[str, time] = changes["quiet_hours"] or {}
        preferences.quiet_from, preferences.quiet_to = hours.get("from"), hours.get("to")
    for name, switches in changes.get("channels", {}).items():
        defaults = kinds.get(name).defaults
        merged = preferences.channels.get(name, {}) | switches
        preferences.channels[name] = {
            channel: is_on for channel, is_on in merged.items() if is_on != defaults[channel]
        }
    if "reminder_minutes" in changes:
        preferences.has_own_leads = True
        ReminderLead.objects.filter(user=user_id).delete()
        leads = dict.fromkeys(changes["reminder_minutes"])
        ReminderLead.objects.bulk_create(
            ReminderLead(user_id=user_id, minutes=minutes) for minutes in leads
        )
    preferences.save()


@transaction.atomic
def add_device(
    *, user_id: int, token: str, platform: str, session_id: int | None = None
) -> tuple[Device, bool]:
    """Register a device for push messages; return it, and whether it is new.

    The device ends with the session; without one, when all others end. A token of another account
    is free once the session that registered it has ended: before that, a copy of the token cannot
    take it over. Beyond the limit the oldest device is dropped: apps renew their tokens and cannot
    tell which are dead, so a refusal would lock out the phone in use. Raises
    DeviceOfAnotherAccount, SignInOver.
    """
    if session_id is not None:
        # Locked, because a session that ends at this moment must not leave a device behind.
        sessions = UserSession.objects.select_for_update(no_key=True)
        if sessions.filter(pk=session_id, user=user_id).first() is None:
            raise SignInOver
    fields = {"user_id": user_id, "session_id": session_id, "platform": platform}
    devices = Device.objects.select_for_update(no_key=True)
    device, is_new = devices.get_or_create(token=token, defaults=fields)
    if device.user_id != user_id and _is_alive(device.session_id):
        raise DeviceOfAnotherAccount
    if not is_new:
        for name, value in fields.items():
            setattr(device, name, value)
        device.save()
    others = Device.objects.filter(user=user_id).exclude(pk=device.pk).order_by("-id")
    too_many = list(others.values_list("pk", flat=True)[MOST_DEVICES - 1 :])
    if too_many:
        Device.objects.filter(pk__in=too_many).delete()
    return device, is_new


def _is_alive(session_id: int | None) -> bool:
    keys = UserSession.objects.filter(pk=session_id, user__is_active=True).values("session_key")
    living = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return bool(living.exists())


def forget_devices(*, user_id: int, keep_session: int | None = None) -> None:
    """Delete this person's devices, except those of one session."""
    mine = Device.objects.filter(user=user_id)
    if keep_session is not None:
        # Not `exclude`, which would keep devices without a session as well.
        mine = mine.filter(Q(session=None) | ~Q(session=keep_session))
    mine.delete()


def remove_device(*, device_id: int, user_id: int) -> None:
    """Raises DeviceNotFound."""
    removed, _ = Device.objects.filter(pk=device_id, user=user_id).delete()
    if not removed:
        raise DeviceNotFound


def forget_person(*, user_id: int) -> None:
    """Delete all rows about a person.

    Notifications are deleted in batches, with a transaction each. If it fails, call it again. Stop
    new notifications to the person before.
    """
    while _forget_batch(user_id):
        pass
    for model in (Device, Preferences, ReminderLead):
        model.objects.filter(user=user_id).delete()


@transaction.atomic
def _forget_batch(user_id: int) -> int:
    """Lock the batch first: the relay could plan a delivery for a deleted notification."""
    mine = Notification.objects.filter(user=user_id).order_by("id").select_for_update()
    batch = list(mine.values_list("pk", flat=True)[:_BATCH])
    Notification.objects.filter(pk__in=batch).delete()
    return len(batch)


def send_again(*, deliveries: Iterable[int]) -> int:
    """Give failed or skipped deliveries all their attempts again; return their number."""
    ended = Delivery.objects.filter(
        pk__in=deliveries, status__in=[Delivery.Status.FAILED, Delivery.Status.SKIPPED]
    )
    now = timezone.now()
    count = ended.update(
        status=Delivery.Status.PENDING,
        attempts=0,
        due_at=now,
        is_claimed=False,
        updated_at=now,
        error="",
    )
    nudge_on_commit(RELAY)
    return count


def unsubscribe(*, token: str) -> NotificationKind[Any]:
    """Turn off mails of the token's kind, and return the kind. Raises UnsubscribeTokenWrong."""
    user_id, kind = read_token(token)
    if not get_user_model().objects.filter(pk=user_id).exists():
        raise UnsubscribeTokenWrong
    set_preferences(user_id=user_id, changes={"channels": {kind.name: {Channel.EMAIL: False}}})
    return kind
