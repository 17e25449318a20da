"""Examples and descriptions of the review endpoints for Swagger."""

from typing import Any

from core.api.openapi import describe, example_body
from reviews import serializers

REVIEW: dict[str, Any] = {
    "id": 12,
    "user": {"id": 2, "username": "ada", "display_name": "Ada L."},
    "rating": 5,
    "comment": "Three trios, one skyline, and the rain held off.",
    "reply": "See you in July!",
    "replied_at": "2027-06-06T09:30:00Z",
    "is_hidden": False,
    "hidden_reason": None,
    "created_at": "2027-06-05T08:12:44.120000Z",
    "updated_at": "2027-06-05T08:12:44.120000Z",
}
_NO_REPLY = {"reply": None, "replied_at": None}
_HIDDEN = {"is_hidden": True, "hidden_reason": "It names the neighbours."}

REVIEWS = describe("A page of reviews", REVIEW)
OWN_REVIEWS = describe(
    "A page of reviews", REVIEW | {"event": {"id": 42, "title": "Rooftop Jazz Night"}}
)
REVIEW_READ = describe("The review", REVIEW, serializers.ReviewSerializer)
REVIEW_CREATE = describe(
    "The review",
    REVIEW | _NO_REPLY,
    serializers.ReviewSerializer,
    body=serializers.ReviewInputSerializer,
    status=[201],
)
REVIEW_CHANGE = REVIEW_READ | {"request_body": serializers.ReviewChangeSerializer}
REPLY = REVIEW_READ | {"request_body": serializers.ReplyInputSerializer}
HIDE = REVIEW_READ | {"example": REVIEW | _HIDDEN, "request_body": serializers.HideInputSerializer}

# For "Try it out".
example_body(serializers.ReviewInputSerializer, {"rating": 5, "comment": REVIEW["comment"]})
example_body(serializers.ReviewChangeSerializer, {"rating": 4})
example_body(serializers.ReplyInputSerializer, {"reply": REVIEW["reply"]})
example_body(serializers.HideInputSerializer, {"reason": _HIDDEN["hidden_reason"]})
