"""Reads of notifications, devices and preferences."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import BigIntegerField, Prefetch, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from core.api.pagination import RowQuery
from core.database.statements import Parameter
from core.validators import zone_or_utc
from notifications import kinds
from notifications.models import Delivery, Device, Notification, Preferences, ReminderLead

DEFAULT_REMINDER_MINUTES = (1440, 60)
_TOKEN_SHOWN = 6


@dataclass(frozen=True)
class EffectivePreferences:
    """The preferences of a person, with the defaults filled in."""

    channels: dict[str, dict[str, bool]]
    reminder_minutes: list[int] = field(default_factory=list)
    quiet_from: time | None = None
    quiet_to: time | None = None

    @property
    def quiet_hours(self) -> dict[str, time] | None:
        if self.quiet_from is None or self.quiet_to is None:
            return None
        return {"from": self.quiet_from, "to": self.quiet_to}

    def wants(self, kind: str, channel: str) -> bool:
        about_account = kinds.get(kind).account_channel
        return self.channels[kind][channel] if about_account is None else channel == about_account

    def quiet_until(self, now: datetime, zone: str) -> datetime | None:
        """Return the end of the present quiet hours, or None.

        After a clock change they end when the clock first shows their end. An end that the clock
        skips is moved by the gap.
        """
        if self.quiet_from is None or self.quiet_to is None:
            return None
        local = now.astimezone(zone_or_utc(zone))
        for day in (local.date() - timedelta(days=1), local.date()):
            start = datetime.combine(day, self.quiet_from, tzinfo=local.tzinfo)
            over_midnight = timedelta(days=self.quiet_to < self.quiet_from)
            end = datetime.combine(day + over_midnight, self.quiet_to, tzinfo=local.tzinfo)
            # Compare in UTC: within one zone, Python compares local times.
            if start.astimezone(UTC) <= now < end.astimezone(UTC):
                return end.astimezone(UTC)
        return None


def preferences_of(user_id: int) -> EffectivePreferences:
    return effective(user_id, Preferences.objects.filter(user=user_id).first() or Preferences())


def effective(user_id: int, preferences: Preferences) -> EffectivePreferences:
    """Return the preferences with the defaults filled in. Own lead times cost a query."""
    minutes = list(DEFAULT_REMINDER_MINUTES)
    if preferences.has_own_leads:
        leads = ReminderLead.objects.filter(user=user_id).order_by("-minutes")
        minutes = list(leads.values_list("minutes", flat=True))
    return _effective(preferences, minutes)


def preferences_by_user(user_ids: list[int]) -> dict[int, EffectivePreferences]:
    """Return the preferences by user ID, without lead times. One query."""
    rows = Preferences.objects.in_bulk(user_ids)
    defaults = EffectivePreferences(channels=_channels({}))
    return {
        user_id: _effective(rows[user_id], []) if user_id in rows else defaults
        for user_id in user_ids
    }


def notifications_of(user_id: int) -> QuerySet[Notification]:
    """Return the notifications that the app shows, newest first, with their deliveries."""
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("id"))
    mine = Notification.objects.listed().filter(user=user_id).select_related("user")
    return mine.prefetch_related(deliveries).order_by("-id")


@cache
def listed_notifications(*, unread: str) -> RowQuery:
    """Return ID, kind, context as JSON, `created_at` and `read_at` of what the app shows `reader`.

    The newest come first. `unread` is "true", "false" or "" for all.
    """
    mine = Notification.objects.listed().filter(user=Parameter("reader", BigIntegerField()))
    if unread:
        mine = mine.filter(read_at__isnull=unread == "true")
    stored = Cast("context", TextField())
    return RowQuery(mine.order_by("-id").values_list("id", "kind", stored, "created_at", "read_at"))


def deliveries_of(notification_ids: list[int]) -> dict[int, list[Any]]:
    """Return channel, status, time and error of the deliveries, by notification ID. One query."""
    deliveries: dict[int, list[Any]] = {pk: [] for pk in notification_ids}
    if notification_ids:
        rows = Delivery.objects.filter(notification__in=notification_ids).order_by("id")
        columns = ("notification", "channel", "status", "updated_at", "error")
        for pk, *delivery in rows.values_list(*columns):
            deliveries[pk].append(delivery)
    return deliveries


def devices_in_use() -> QuerySet[Device]:
    """Return the devices whose session has not expired, and old devices without a session.

    Expired sessions are deleted with their devices, but only once a day.
    """
    living = Session.objects.filter(expire_date__gt=timezone.now())
    return Device.objects.filter(
        Q(session=None) | Q(session__session_key__in=living.values("session_key"))
    )


def export_of(user_id: int) -> dict[str, list[dict[str, Any]]]:
    """Return all rows about a person by model label, with one query each.

    The token of a device is cut, because anybody who has it could send messages to the device.
    """
    mine = {
        Notification: Notification.objects.filter(user=user_id),
        Delivery: Delivery.objects.filter(notification__user=user_id),
        Device: Device.objects.filter(user=user_id),
        Preferences: Preferences.objects.filter(user=user_id),
        ReminderLead: ReminderLead.objects.filter(user=user_id),
    }
    export = {
        model._meta.label_lower: list(rows.order_by("pk").values()) for model, rows in mine.items()
    }
    for device in export[Device._meta.label_lower]:
        device["token"] = _end(device["token"])
    return export


def _end(token: str) -> str:
    shown = min(_TOKEN_SHOWN, len(token) // 4)
    return f"…{token[len(token) - shown :]}"


def _effective(preferences: Preferences, minutes: list[int]) -> EffectivePreferences:
    return EffectivePreferences(
        channels=_channels(preferences.channels),
        reminder_minutes=minutes,
        quiet_from=preferences.quiet_from,
        quiet_to=preferences.quiet_to,
    )


def _channels(differences: dict[str, Any]) -> dict[str, dict[str, bool]]:
    return {
        kind.name: kind.defaults | differences.get(kind.name, {}) for kind in kinds.switchable()
    }
