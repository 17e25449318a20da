"""Notifications and devices: people can read and change only their own."""

from tests.authorization.roles import ATTENDEE, EVERYBODY, SIGNED_IN
from tests.authorization.rows import Row

_DEVICE = {"token": "fcm-token-of-another-phone", "platform": "web"}
_QUIET = {"quiet_hours": None}

ROWS = [
    Row("notifications", "GET", 200, may=SIGNED_IN),
    Row("notification-read", "POST", 200, may={ATTENDEE}, others=404),
    Row("notifications-read-all", "POST", 204, may=SIGNED_IN),
    Row("preferences", "GET", 200, may=SIGNED_IN),
    Row("preferences", "PUT", 200, may=SIGNED_IN, body=_QUIET),
    Row("preferences", "PATCH", 200, may=SIGNED_IN, body=_QUIET),
    Row("unsubscribe", "GET", 200, may=EVERYBODY),
    Row("unsubscribe", "POST", 200, may=EVERYBODY),
    Row("devices", "GET", 200, may=SIGNED_IN),
    Row("devices", "POST", 201, may=SIGNED_IN, body=_DEVICE),
    Row("device", "DELETE", 204, may={ATTENDEE}, others=404),
]
