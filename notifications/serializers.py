"""Serializers of notifications, preferences and devices."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from django.core.validators import RegexValidator
from rest_framework.exceptions import ErrorDetail

from core.api import serializers
from core.clock import instant
from notifications import kinds
from notifications.kinds import Channel
from notifications.models import Delivery, Device, Notification
from notifications.rendering import short_line, short_text
from notifications.selectors import EffectivePreferences, preferences_of

MOST_LEADS = 5
MOST_TEXTS = 5000  # kept in one process; mostly a few hundred characters, with their contexts
_HOUR, _DAY = 60, 24 * 60
LONGEST_LEAD_MINUTES = 28 * _DAY


def validate_lead(minutes: int) -> None:
    """Limit the different lead times: each one in use costs a query in `write_due_reminders`."""
    step = 1 if minutes <= _HOUR else 15 if minutes <= 2 * _DAY else _DAY
    if minutes % step:
        raise serializers.ValidationError(
            "Use whole minutes up to 1 hour, quarters of an hour up to 2 days, then whole days.",
            code="invalid_lead_time",
        )


class _StoredTimeField(serializers.DateTimeField):
    """A time that the context stores as text."""

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(datetime.fromisoformat(value))


class _EventSerializer(serializers.Serializer[Any]):
    """The event as it was when the notification was written."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    start_time = _StoredTimeField(
        source="starts_at", help_text="Start of the event; of an all-day event the first day."
    )

    class Meta:
        ref_name = "NotificationEvent"

    def to_representation(self, event: dict[str, Any]) -> dict[str, Any]:
        days = event.get("days")
        return super().to_representation(event) | ({"start_time": days[0]} if days else {})


class _DeliverySerializer(serializers.ModelSerializer[Delivery]):
    at = serializers.DateTimeField(
        source="updated_at", help_text="Time of the last change of the status."
    )
    reason = serializers.SerializerMethodField(help_text="Reason for `skipped`. Empty otherwise.")

    class Meta:
        model = Delivery
        ref_name = "NotificationDelivery"
        fields = ["channel", "status", "at", "reason"]
        read_only_fields = fields

    def get_reason(self, delivery: Delivery) -> str:
        """Return the reason of a skipped delivery; other errors are from providers, for admins."""
        return delivery.error if delivery.status == Delivery.Status.SKIPPED else ""


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    event = _EventSerializer(source="context.event", default=None, allow_null=True)
    text = serializers.SerializerMethodField()
    deliveries = _DeliverySerializer(many=True, read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "event", "text", "created_at", "read_at", "deliveries"]
        read_only_fields = fields

    def get_text(self, notification: Notification) -> str:
        return short_text(notification)


def notification_body(row: Sequence[Any], deliveries: Sequence[Any], zone: str) -> dict[str, Any]:
    """Return the fields of NotificationSerializer for rows of `selectors`."""
    pk, kind, context, created_at, read_at = row
    event, text = _event_and_text(kind, context, zone)
    return {
        "id": pk,
        "kind": kind,
        "event": event,
        "text": text,
        "created_at": instant(created_at),
        "read_at": instant(read_at),
        "deliveries": [
            {
                "channel": channel,
                "status": status,
                "at": instant(at),
                "reason": error if status == Delivery.Status.SKIPPED else "",
            }
            for channel, status, at, error in deliveries
        ],
    }


@lru_cache(MOST_TEXTS)
def _event_and_text(kind: str, context: str, zone: str) -> tuple[dict[str, Any] | None, str]:
    """Return what depends on nothing else: rendering takes 0.1 ms for each notification."""
    stored = json.loads(context)
    text, event = short_line(kind, stored, zone), stored.get("event")
    if event is None:
        return None, text
    days = event.get("days")
    start = days[0] if days else instant(datetime.fromisoformat(event["starts_at"]))
    return {"id": event["id"], "title": event["title"], "start_time": start}, text


class _PartSerializer(serializers.Serializer[Any]):
    """A nested object; another value is an error of the field itself."""

    def to_internal_value(self, data: Any) -> Any:
        if self.parent is not None and not isinstance(data, Mapping):
            raise serializers.ValidationError("This must be an object.", code="invalid")
        return super().to_internal_value(data)


class _LeadsField(serializers.ListField):
    child = serializers.IntegerField(
        min_value=1, max_value=LONGEST_LEAD_MINUTES, validators=[validate_lead]
    )

    def to_internal_value(self, data: Any) -> list[int]:
        """Check the length first: each of a million wrong numbers would have its own error."""
        if isinstance(data, list) and len(data) > MOST_LEADS:
            self.fail("max_length", max_length=MOST_LEADS)
        return list(super().to_internal_value(data))


class _ClockField(serializers.TimeField):
    """`HH:MM`, or `HH:MM:00` for clients that always send seconds."""

    default_error_messages = {"invalid": "Use the format HH:MM, such as 22:00."}

    def to_internal_value(self, value: Any) -> time:
        if not (isinstance(value, str) and re.fullmatch(r"[0-9]{2}:[0-9]{2}(:00)?", value)):
            self.fail("invalid")
        return super().to_internal_value(value)


class _QuietHoursSerializer(_PartSerializer):
    class Meta:
        ref_name = "QuietHours"

    def get_fields(self) -> dict[str, Any]:
        return {name: _ClockField(format="%H:%M") for name in ("from", "to")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require both times, also in a partial update."""
        missing = {
            name: ErrorDetail("This field is required.", code="required")
            for name in ("from", "to")
            if name not in attrs
        }
        if missing:
            raise serializers.ValidationError(missing)
        return attrs


class _SwitchField(serializers.BooleanField):
    """JSON's true or false, but not `"no"` or 0."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class _ChannelsSerializer(_PartSerializer):
    class Meta:
        ref_name = "NotificationChannels"

    def get_fields(self) -> dict[str, Any]:
        return {channel.value: _SwitchField(required=False) for channel in Channel}


class _KindsSerializer(_PartSerializer):
    class Meta:
        ref_name = "NotificationKinds"

    def get_fields(self) -> dict[str, Any]:
        return {kind.name: _ChannelsSerializer(required=False) for kind in kinds.switchable()}


class PreferencesSerializer(_PartSerializer):
    """The preferences: responses are complete, requests have the fields to change."""

    reminder_minutes = _LeadsField(
        required=False,
        max_length=MOST_LEADS,
        help_text="Lead times of reminders before the start. Empty: no reminders.",
    )
    quiet_hours = _QuietHoursSerializer(
        required=False,
        allow_null=True,
        help_text="Times without SMS and push messages, in your time zone. Null: none.",
    )
    channels = _KindsSerializer(required=False)

    def get_attribute(self, person: Any) -> EffectivePreferences:
        """Return the value as a field of the profile."""
        return preferences_of(person.pk)

    def validate_quiet_hours(self, hours: dict[str, time] | None) -> dict[str, time] | None:
        if hours is not None and hours["from"] == hours["to"]:
            raise serializers.ValidationError(
                "Quiet hours can't begin and end at the same time. Send null for no quiet hours.",
                code="no_duration",
            )
        return hours


def preferences_body(preferences: EffectivePreferences) -> dict[str, Any]:
    """Return the fields of PreferencesSerializer."""
    hours = preferences.quiet_hours
    return {
        "reminder_minutes": preferences.reminder_minutes,
        "quiet_hours": hours and {name: f"{at:%H:%M}" for name, at in hours.items()},
        "channels": {
            kind: {channel.value: channels[channel] for channel in Channel}
            for kind, channels in preferences.channels.items()
        },
    }


class DeviceSerializer(serializers.ModelSerializer[Device]):
    class Meta:
        model = Device
        fields = ["id", "token", "platform", "created_at"]
        read_only_fields = fields


class DeviceInputSerializer(serializers.Serializer[Any]):
    ignores_fields_of = (DeviceSerializer,)

    token = serializers.CharField(
        max_length=1024,
        validators=[RegexValidator("^[!-~]+$", "Use ASCII characters without spaces.", "invalid")],
        help_text="Registration token that the app got from Firebase.",
    )
    platform = serializers.ChoiceField(choices=Device.Platform.choices)


class UnsubscribedSerializer(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=[Channel.EMAIL])
    unsubscribed = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        names = [kind.name for kind in kinds.switchable()]
        return {"kind": serializers.ChoiceField(choices=names), **super().get_fields()}
