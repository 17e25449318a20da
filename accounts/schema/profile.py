"""Profiles."""

from typing import Any

from accounts.schema import answer
from accounts.serializers.profile import ProfileSerializer
from config.swagger import example_body
from notifications.schema import MY_PREFERENCES

_PROFILE = {
    "id": 2,
    "username": "ada",
    "email": "ada@example.com",
    "email_verified": True,
    "is_organizer": False,
    "bio": "Climbs, cooks, asks questions.",
    "profile_picture": "https://pictures.example.com/ada.jpg",
    "timezone": "Europe/Berlin",
    "phone": "+4930901820",
    "interests": [3, 7],
    "notifications": MY_PREFERENCES,
}

PROFILE: dict[str, Any] = {"responses": {200: answer("My profile", ProfileSerializer, _PROFILE)}}
PROFILE_CHANGE: dict[str, Any] = {"request_body": ProfileSerializer, **PROFILE}

example_body(
    ProfileSerializer, {"bio": "Climbs, cooks, asks questions.", "timezone": "Europe/Berlin"}
)
