"""Examples and descriptions for Swagger."""

from typing import Any

from drf_yasg import openapi

from core.api.openapi import EMPTY_BODY, describe, example_body
from notifications import kinds, serializers
from notifications.kinds import Channel
from notifications.selectors import DEFAULT_REMINDER_MINUTES

NOTIFICATION: dict[str, Any] = {
    "id": 31,
    "kind": "promoted",
    "event": {"id": 42, "title": "Rooftop Jazz Night", "start_time": "2027-06-04T17:00:00Z"},
    "text": 'Off the waitlist: you are going to "Rooftop Jazz Night": Fri 4 Jun 2027, 17:00 UTC.',
    "created_at": "2027-05-02T08:00:00Z",
    "read_at": None,
    "deliveries": [
        {
            "channel": Channel.EMAIL.value,
            "status": "sent",
            "at": "2027-05-02T08:00:01Z",
            "reason": "",
        },
        {
            "channel": Channel.SMS.value,
            "status": "skipped",
            "at": "2027-05-02T08:00:00Z",
            "reason": "Your phone number is not confirmed.",
        },
    ],
}
MY_PREFERENCES: dict[str, Any] = {
    "reminder_minutes": list(DEFAULT_REMINDER_MINUTES),
    "quiet_hours": {"from": "22:00", "to": "07:00"},
    "channels": {kind.name: kind.defaults for kind in kinds.switchable()},
}
_CHANGE = {
    "reminder_minutes": [1440, 60],
    "quiet_hours": {"from": "22:00", "to": "07:00"},
    "channels": {"reminder": {"email": True, "sms": False}},
}
_TOKEN = {"token": "dGVzdA:APA91bFoobar", "platform": "android"}
_DEVICE = {"id": 5, **_TOKEN, "created_at": "2027-05-02T08:00:00Z"}
_UNSUBSCRIBED = {"kind": "reminder", "channel": "email", "unsubscribed": True}
_IGNORED_BODY = openapi.Schema(type=openapi.TYPE_OBJECT, properties={})

NOTIFICATIONS = describe("A page of notifications", NOTIFICATION)
READ = describe(
    "The notification",
    NOTIFICATION | {"read_at": "2027-05-02T09:30:00Z"},
    serializers.NotificationSerializer,
    body=EMPTY_BODY,
)
READ_ALL = {"request_body": EMPTY_BODY, "responses": {204: "Done"}}
PREFERENCES = describe("All my preferences", MY_PREFERENCES, serializers.PreferencesSerializer)
PREFERENCES_CHANGE = PREFERENCES | {"request_body": serializers.PreferencesSerializer}
DEVICES = describe("A page of my devices", _DEVICE)
DEVICE_ADD = describe(
    "The device",
    _DEVICE,
    serializers.DeviceSerializer,
    body=serializers.DeviceInputSerializer,
    status=[201, 200],
)
UNSUBSCRIBE_LOOK = describe(
    "Whether mails of this kind are off",
    _UNSUBSCRIBED | {"unsubscribed": False},
    serializers.UnsubscribedSerializer,
)
UNSUBSCRIBE = describe(
    "Mails of this kind are off",
    _UNSUBSCRIBED,
    serializers.UnsubscribedSerializer,
    body=_IGNORED_BODY,
)

# The bodies in "Try it out".
example_body(serializers.PreferencesSerializer, _CHANGE)
example_body(serializers.DeviceInputSerializer, _TOKEN)
