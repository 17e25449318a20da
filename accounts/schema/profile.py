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
PROFILE_CHANGE: dict[str, Any] = {
    "request_body": ProfileSerializer,
    # OpenAPI 2 knows a JSON body or a form for one operation, not both.
    "operation_description": """Change my profile; fields left out stay as they are.

To upload a picture send the same fields as `multipart/form-data`, with `profile_picture` as a
file: a JPEG, PNG or WebP of at most 5 MB, 25 megapixels (WebP: 12.5) and 10,000 pixels a side,
at least 48. `interests` repeats its field; `notifications` wants JSON.

`curl -X PATCH …/api/users/profile/ -H "Authorization: Bearer …" -F profile_picture=@me.jpg`

The middle of it is kept as a square, without whatever else the file told. The answer names
`…/512.webp`; `128.webp` and `48.webp` are there beside it. An https address or `""` in its
place deletes the upload.""",
    **PROFILE,
}

example_body(
    ProfileSerializer, {"bio": "Climbs, cooks, asks questions.", "timezone": "Europe/Berlin"}
)
