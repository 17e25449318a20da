"""The user's profile, phone number and data export."""

from typing import Any

from drf_yasg import openapi

from accounts.openapi import operation, responds, shape
from accounts.serializers import profile
from notifications.openapi import MY_PREFERENCES

_PROFILE = {
    "id": 2, "username": "ada", "display_name": "Ada L.", "email": "ada@example.com",
    "email_verified": True, "is_organizer": False, "bio": "Climbs, cooks, asks questions.",
    "profile_picture": "https://pictures.example.com/ada.jpg", "timezone": "Europe/Berlin",
    "phone": "+4930901820", "phone_verified": True, "contact_email": "", "interests": [3, 7],
    "notifications": MY_PREFERENCES,
}  # fmt: skip
_PHONE = shape(phone="string", phone_verified="boolean")
_ROWS = openapi.Schema(type=openapi.TYPE_ARRAY, items=openapi.Schema(type=openapi.TYPE_OBJECT))
_MY_PROFILE = responds(200, "My profile", profile.ProfileSerializer, _PROFILE)

PROFILE: dict[str, Any] = {"responses": _MY_PROFILE}
PROFILE_CHANGE = operation(
    profile.ProfileSerializer,
    _MY_PROFILE,
    example={"bio": "Climbs, cooks, asks questions.", "timezone": "Europe/Berlin"},
    # OpenAPI 2 describes a JSON body or a form for one operation, not both.
    operation_description="""Change my profile; omitted fields keep their values.

To upload a picture, send the same fields as `multipart/form-data`, with `profile_picture` as a
file: a JPEG, PNG or WebP of at most 5 MB, 25 megapixels (WebP: 12.5) and 10,000 pixels a side,
at least 48. Repeat the field `interests` for each value; `notifications` is JSON.

`curl -X PATCH …/api/users/profile/ -H "Authorization: Bearer …" -F profile_picture=@me.jpg`

The middle of the picture is stored as a square, without the file's metadata. The response contains
`…/512.webp`; `128.webp` and `48.webp` exist beside it. An https address or `""` instead of a file
deletes the upload.""",
)
PHONE_VERIFY = operation(
    profile.PhoneCodeSerializer,
    responds(200, "Confirmed", _PHONE, {"phone": "+4930901820", "phone_verified": True})
    | responds(202, "A code was sent", _PHONE, {"phone": "+4930901820", "phone_verified": False}),
    example={"code": "493028"},
    operation_description="""Send a code to my phone number, or confirm the number with it.

Without `code`, an SMS with a new code is sent to the number in my profile: one a minute, five a
day. With `code`, which is valid for ten minutes and five tries, the number is confirmed and gets
SMS.
A number belongs to one account: an account that had confirmed it before gets no more SMS there.""",
)
ERASE = {
    "operation_description": """Erase my account and my personal data permanently.

Requires `POST /api/reauthenticate/` in the last five minutes. Ends all my sessions, gives my seats
to the waitlist, cancels my events that have not started (their attendees get a message) and
deletes my drafts. Past events stay with `created_by: null`, my RSVPs to them under an anonymous
name. My username and my e-mail address become free. The last admin is refused: 409
`last_admin`.""",
}
EXPORT: dict[str, Any] = {
    "operation_description": """Export all data that is stored about me.

Rows by the label of their model, without passwords, keys and tokens. The response is a file. If
there are more than 5,000 events, it has the first 5,000, and the `Link` header has the URL of the
next part, which has events only.""",
    "query_serializer": profile.ExportParams,
    "responses": responds(
        200,
        "All data, by the label of the model",
        openapi.Schema(type=openapi.TYPE_OBJECT, additional_properties=_ROWS),
        {
            "accounts.user": [
                {"id": 2, "username": "ada", "email": "ada@example.com", "bio": "Climbs."}
            ],
            "account.emailaddress": [
                {"id": 5, "email": "ada@example.com", "verified": True, "primary": True}
            ],
            "rsvp.rsvp": [
                {"id": 9, "event_id": 73, "event_title": "Rooftop Jazz Night", "guests": 1}
            ],
        },
    ),
}
