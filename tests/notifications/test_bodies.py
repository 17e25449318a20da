"""The fast bodies of notifications and preferences equal those of the serializers."""

import json
from datetime import time
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.api.json import JSONRenderer
from notifications import selectors, serializers
from notifications.kinds import Channel
from notifications.models import Delivery, Notification
from notifications.services import set_preferences
from tests.client import Api
from tests.notifications.kinds import SWITCHABLE, Kind
from tests.notifications.outbox import create_delivery, create_notification

pytestmark = pytest.mark.both

DAYS = {"days": ["2027-06-04", "2027-06-05"]}


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Mars/Olympus"])
@pytest.mark.parametrize("query", ["", "?unread=true", "?unread=false"])
def test_notifications_are_those_of_the_serializer(ada: User, zone: str, query: str) -> None:
    for index, kind in enumerate([*SWITCHABLE, Kind.ACCOUNT_SECURITY, Kind.PROMOTED]):
        notification = create_notification(ada, kind, occasion=f"answer {index}")
        if index % 2:
            notification.read_at = timezone.now().replace(microsecond=0)
        if index % 3 == 0 and "event" in notification.context:
            notification.context["event"] |= DAYS | {"title": "Jazz & <b> \u2028 🎷"}
        notification.save()
        for number, status in enumerate(Delivery.Status.values[: index % 6]):
            fields = {"address": str(number), "status": status, "error": f"{status} 500"}
            create_delivery(notification, Channel.PUSH, **fields)
    User.objects.filter(pk=ada.pk).update(timezone=zone)
    rows: Any = selectors.notifications_of(ada.pk)
    if query:
        rows = rows.filter(read_at__isnull=query == "?unread=true")
    expected = [_in_order(serializers.NotificationSerializer(row).data) for row in rows]
    for _ in range(2):  # with new texts, then with those that were kept
        listed = Api(ada).get(f"/notifications/{query}")["results"]
        assert [_in_order(body) for body in listed] == expected
    assert expected


def test_text_changes_with_the_time_zone_and_the_context(as_ada: Api, ada: User) -> None:
    notification = create_notification(ada)
    [before] = as_ada.get("/notifications/")["results"]
    as_ada.patch("/users/profile/", {"timezone": "Asia/Tokyo"})
    [elsewhere] = as_ada.get("/notifications/")["results"]
    Notification.objects.filter(pk=notification.pk).update(
        context=notification.context | {"event": notification.context["event"] | {"title": "Blues"}}
    )
    [renamed] = as_ada.get("/notifications/")["results"]
    assert len({before["text"], elsewhere["text"], renamed["text"]}) == 3
    assert renamed["event"]["title"] == "Blues"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"reminder_minutes": []},
        {"reminder_minutes": [60, 1440], "quiet_hours": {"from": time(22), "to": time(6, 30)}},
        {"channels": {Kind.REMINDER: {"sms": True}, Kind.PROMOTED: {"email": False}}},
    ],
    ids=["defaults", "no reminders", "quiet hours", "channels"],
)
def test_preferences_are_those_of_the_serializer(ada: User, changes: dict[str, Any]) -> None:
    set_preferences(user_id=ada.pk, changes=changes)
    preferences = selectors.preferences_of(ada.pk)
    expected = _in_order(serializers.PreferencesSerializer(preferences).data)
    assert _in_order(serializers.preferences_body(preferences)) == expected
    assert _in_order(Api(ada).get("/users/profile/")["notifications"]) == expected


def _in_order(body: Any) -> str:
    """Return the body as JSON, which has the order of its fields."""
    return json.dumps(json.loads(JSONRenderer().render(body)))
