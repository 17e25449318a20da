"""Profiles."""

from typing import Any

from drf_yasg import openapi

from accounts.openapi import DONE, REAUTHENTICATED, answer, shape
from accounts.serializers.profile import PhoneCodeSerializer, ProfileSerializer
from core.api.openapi import example_body
from notifications.openapi import MY_PREFERENCES

_PROFILE = {
    "id": 2,
    "username": "ada",
    "display_name": "Ada L.",
    "email": "ada@example.com",
    "email_verified": True,
    "is_organizer": False,
    "bio": "Climbs, cooks, asks questions.",
    "profile_picture": "https://pictures.example.com/ada.jpg",
    "timezone": "Europe/Berlin",
    "phone": "+4930901820",
    "phone_verified": True,
    "contact_email": "",
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

_PHONE = shape(phone="string", phone_verified="boolean")
PHONE_VERIFY: dict[str, Any] = {
    "operation_description": """Send a code to my phone number, or confirm the number with it.

Without `code`, an SMS with a new code is sent to the number in my profile: one a minute, five a
day. With `code`, which is valid for ten minutes and five tries, the number is confirmed and gets
SMS.
A number belongs to one account: an account that had confirmed it before gets no more SMS there.""",
    "request_body": PhoneCodeSerializer,
    "responses": {
        200: answer("Confirmed", _PHONE, {"phone": "+4930901820", "phone_verified": True}),
        202: answer("A code was sent", _PHONE, {"phone": "+4930901820", "phone_verified": False}),
    },
}
example_body(PhoneCodeSerializer, {"code": "493028"})

_ROWS = openapi.Schema(type=openapi.TYPE_ARRAY, items=openapi.Schema(type=openapi.TYPE_OBJECT))
_EXPORT = {
    "accounts.user": [{"id": 2, "username": "ada", "email": "ada@example.com", "bio": "Climbs."}],
    "account.emailaddress": [
        {"id": 5, "email": "ada@example.com", "verified": True, "primary": True}
    ],
    "rsvp.rsvp": [{"id": 9, "event_id": 73, "event_title": "Rooftop Jazz Night", "guests": 1}],
}

ERASE: dict[str, Any] = {
    "operation_description": f"""Erase my account and what I said of me, for good.

{REAUTHENTICATED} Signs me out everywhere, gives my seats to whoever waits,
cancels my events that have not started (their attendees are told) and deletes my drafts. Past
events stay with `created_by: null`, my answers to them under a name that is nobody's. My name and
my address are free again. The last admin is refused: 409 `last_admin`.""",
    **DONE,
}
EXPORT: dict[str, Any] = {
    "operation_description": """All that is stored about me.

Rows by the label of their model, without passwords, keys and tokens. The response is a file. If
there are more than 5,000 events, it has the first 5,000, and the `Link` header has the URL of the
next part, which has events only.""",
    "manual_parameters": [
        openapi.Parameter(
            "after",
            openapi.IN_QUERY,
            type=openapi.TYPE_INTEGER,
            description="Cursor of the next part, from the `Link` header.",
        )
    ],
    "responses": {
        200: answer(
            "Everything, by kind of row",
            openapi.Schema(type=openapi.TYPE_OBJECT, additional_properties=_ROWS),
            _EXPORT,
        )
    },
}

example_body(
    ProfileSerializer, {"bio": "Climbs, cooks, asks questions.", "timezone": "Europe/Berlin"}
)
