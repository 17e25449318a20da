"""The shape of notifications, preferences and devices on the wire."""

import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.core.validators import RegexValidator
from rest_framework.exceptions import ErrorDetail

from core.api import serializers
from core.api.fields import WholeNumberField
from notifications import kinds
from notifications.kinds import Channel
from notifications.models import Delivery, Device, Notification
from notifications.rendering import short_text
from notifications.selectors import Wishes, wishes_of

MOST_LEADS = 5
_HOUR, _DAY = 60, 24 * 60
LONGEST_LEAD_MINUTES = 28 * _DAY


def validate_lead(minutes: int) -> None:
    """Each lead time in use costs every sweep a look (rsvp/messages/reminders.py): only so many."""
    step = 1 if minutes <= _HOUR else 15 if minutes <= 2 * _DAY else _DAY
    if minutes % step:
        raise serializers.ValidationError(
            "Use minutes up to an hour, quarters of an hour up to two days, beyond that days.",
            code="invalid_lead_time",
        )


class _WrittenTimeField(serializers.DateTimeField):
    """An instant that stands in the context as text."""

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(datetime.fromisoformat(value))


class _EventToldSerializer(serializers.Serializer[Any]):
    """The event as it was when it was told: changes since then are not shown."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    start_time = _WrittenTimeField(
        source="starts_at", help_text="Start of the event; of an all-day event the first day."
    )

    class Meta:
        ref_name = "NotificationEvent"

    def to_representation(self, event: dict[str, Any]) -> dict[str, Any]:
        days = event.get("days")
        return super().to_representation(event) | ({"start_time": days[0]} if days else {})


class _DeliverySerializer(serializers.ModelSerializer[Delivery]):
    at = serializers.DateTimeField(source="updated_at", help_text="When the status became so.")
    reason = serializers.SerializerMethodField(help_text="Why it was skipped. Empty otherwise.")

    class Meta:
        model = Delivery
        ref_name = "NotificationDelivery"
        fields = ["channel", "status", "at", "reason"]
        read_only_fields = fields

    def get_reason(self, delivery: Delivery) -> str:
        """Only skipped deliveries have a reason: errors of others are texts of providers, for
        admins."""
        return delivery.error if delivery.status == Delivery.Status.SKIPPED else ""


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    event = _EventToldSerializer(source="context.event", default=None, allow_null=True)
    text = serializers.SerializerMethodField()
    deliveries = _DeliverySerializer(many=True, read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "event", "text", "created_at", "read_at", "deliveries"]
        read_only_fields = fields

    def get_text(self, notification: Notification) -> str:
        return short_text(notification)


class _PartSerializer(serializers.Serializer[Any]):
    """An object inside of another: what is no object is an error of the field itself."""

    def to_internal_value(self, data: Any) -> Any:
        if self.parent is not None and not isinstance(data, Mapping):
            raise serializers.ValidationError("Send an object.", code="invalid")
        return super().to_internal_value(data)


class _LeadsField(serializers.ListField):
    child = WholeNumberField(
        min_value=1, max_value=LONGEST_LEAD_MINUTES, validators=[validate_lead]
    )

    def to_internal_value(self, data: Any) -> list[int]:
        """Counted first: each of a million wrong numbers would have an error of its own."""
        if isinstance(data, list) and len(data) > MOST_LEADS:
            self.fail("max_length", max_length=MOST_LEADS)
        return list(super().to_internal_value(data))


class _ClockField(serializers.TimeField):
    """`HH:MM`; the seconds that some clients always write may only be zero."""

    default_error_messages = {"invalid": "Write it as HH:MM, such as 22:00."}

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
        """Both or neither, also where the rest of the body may be partial."""
        missing = {
            name: ErrorDetail("This field is required.", code="required")
            for name in ("from", "to")
            if name not in attrs
        }
        if missing:
            raise serializers.ValidationError(missing)
        return attrs


class _SwitchField(serializers.BooleanField):
    """JSON's own true and false: `"no"` and 0 are mistakes, not answers."""

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
    """What somebody wants to hear: answered complete, changed by what is sent."""

    reminder_minutes = _LeadsField(
        required=False,
        max_length=MOST_LEADS,
        help_text="How long before the start to be reminded; empty: never.",
    )
    quiet_hours = _QuietHoursSerializer(
        required=False,
        allow_null=True,
        help_text="In the person's time zone; they hold back SMS and push.",
    )
    channels = _KindsSerializer(required=False)

    def get_attribute(self, person: Any) -> Wishes:
        """As a field of somebody's profile."""
        return wishes_of(person.pk)

    def validate_quiet_hours(self, hours: dict[str, time] | None) -> dict[str, time] | None:
        if hours is not None and hours["from"] == hours["to"]:
            raise serializers.ValidationError(
                "They begin and end at the same time; send null for none.", code="no_duration"
            )
        return hours


class DeviceSerializer(serializers.ModelSerializer[Device]):
    class Meta:
        model = Device
        fields = ["id", "token", "platform", "created_at"]
        read_only_fields = fields


class DeviceInputSerializer(serializers.Serializer[Any]):
    ignores_fields_of = (DeviceSerializer,)

    token = serializers.CharField(
        max_length=1024,
        validators=[RegexValidator("^[!-~]+$", "Use printable ASCII without blanks.", "invalid")],
        help_text="The registration token that Firebase gave to the app.",
    )
    platform = serializers.ChoiceField(choices=Device.Platform.choices)


class UnsubscribedSerializer(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=[Channel.EMAIL])
    unsubscribed = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        names = [kind.name for kind in kinds.switchable()]
        return {"kind": serializers.ChoiceField(choices=names), **super().get_fields()}
