"""Reads of what people are told, and of what they want to hear."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from core.validators import zone_or_utc
from notifications import kinds
from notifications.models import Delivery, Device, Notification, Preferences, ReminderLead

DEFAULT_REMINDER_MINUTES = (1440, 60)
_TOKEN_TOLD = 6


@dataclass(frozen=True)
class Wishes:
    """What one person wants to hear, defaults filled in."""

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
        """The end of the quiet hours that `now` lies in, or None.

        Across a change of clocks they end when the wall clock first shows their
        end; an end that the clock skips is read as the gap moves it.
        """
        if self.quiet_from is None or self.quiet_to is None:
            return None
        local = now.astimezone(zone_or_utc(zone))
        for day in (local.date() - timedelta(days=1), local.date()):
            start = datetime.combine(day, self.quiet_from, tzinfo=local.tzinfo)
            over_midnight = timedelta(days=self.quiet_to < self.quiet_from)
            end = datetime.combine(day + over_midnight, self.quiet_to, tzinfo=local.tzinfo)
            # Compared in UTC: within one zone Python compares what the wall clocks show.
            if start.astimezone(UTC) <= now < end.astimezone(UTC):
                return end.astimezone(UTC)
        return None


def wishes_of(user_id: int) -> Wishes:
    preferences = Preferences.objects.filter(user=user_id).first() or Preferences()
    minutes = list(DEFAULT_REMINDER_MINUTES)
    if preferences.has_own_leads:
        leads = ReminderLead.objects.filter(user=user_id).order_by("-minutes")
        minutes = list(leads.values_list("minutes", flat=True))
    return _wishes(preferences, minutes)


def channel_wishes(user_ids: list[int]) -> dict[int, Wishes]:
    """Of each of these, without their lead times: one query for all."""
    rows = Preferences.objects.in_bulk(user_ids)
    nothing_said = Wishes(channels=_channels({}))
    return {
        user_id: _wishes(rows[user_id], []) if user_id in rows else nothing_said
        for user_id in user_ids
    }


def notifications_of(user_id: int) -> QuerySet[Notification]:
    """What the app shows a person that they were told, newest first, with where each went."""
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("id"))
    mine = Notification.objects.listed().filter(user=user_id).select_related("user")
    return mine.prefetch_related(deliveries).order_by("-id")


def devices_in_use() -> QuerySet[Device]:
    """Return the devices whose session has not expired, and old devices without a session.

    Expired sessions are deleted with their devices, but only once a day.
    """
    living = Session.objects.filter(expire_date__gt=timezone.now())
    return Device.objects.filter(
        Q(session=None) | Q(session__session_key__in=living.values("session_key"))
    )


def export_of(user_id: int) -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept about a person here, by the model's label: one query each.

    Instants and clock times stay as they are, orjson writes them. Of a device's
    token, with which messages could be sent to it, only the end is told.
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
    """Of a short one less: never the whole."""
    told = min(_TOKEN_TOLD, len(token) // 4)
    return f"…{token[len(token) - told :]}"


def _wishes(preferences: Preferences, minutes: list[int]) -> Wishes:
    return Wishes(
        channels=_channels(preferences.channels),
        reminder_minutes=minutes,
        quiet_from=preferences.quiet_from,
        quiet_to=preferences.quiet_to,
    )


def _channels(said: dict[str, Any]) -> dict[str, dict[str, bool]]:
    return {kind.name: kind.defaults | said.get(kind.name, {}) for kind in kinds.switchable()}
