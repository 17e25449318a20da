"""What Swagger says of events beyond the code."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_yasg import openapi

from config.swagger import example_body
from events.serializers.events import EventChangeSerializer, EventInputSerializer, EventSerializer
from events.serializers.named import CategorySerializer, TagSerializer
from events.serializers.search import SuggestionsSerializer

EVENT: dict[str, Any] = {
    "id": 42,
    "title": "Rooftop Jazz Night",
    "description": "Three trios, one skyline. Doors at 18:30.",
    "location": "Dachgarten Kreuzberg, Skalitzer Str. 12, Berlin",
    "latitude": 52.4991,
    "longitude": 13.4183,
    "start_time": "2027-06-04T17:00:00Z",
    "end_time": "2027-06-04T20:00:00Z",
    "timezone": "Europe/Berlin",
    "status": "published",
    "created_by": {"id": 1, "username": "olive"},
    "category": {"id": 1, "name": "Music", "slug": "music"},
    "tags": [{"id": 3, "name": "Live music", "slug": "live-music"}],
    "max_attendees": 30,
    "going_count": 30,
    "interested_count": 12,
    "waitlist_count": 3,
    "spots_left": 0,
    "is_full": True,
    "created_at": "2027-05-01T09:12:44.120000Z",
    "updated_at": "2027-05-01T09:12:44.120000Z",
    "my_rsvp": {"status": "waitlisted", "guests": 1, "waitlist_position": 2},
}
_start = (timezone.now() + timedelta(days=180)).replace(hour=19, minute=0, second=0, microsecond=0)
EVENT_BODY = {
    "title": "Rooftop Jazz Night",
    "description": "Three trios, one skyline. Doors at 18:30.",
    "location": "Dachgarten Kreuzberg, Skalitzer Str. 12, Berlin",
    "start_time": f"{_start:%Y-%m-%dT%H:%M:%S}",
    "end_time": f"{_start + timedelta(hours=3):%Y-%m-%dT%H:%M:%S}",
    "timezone": "Europe/Berlin",
    "max_attendees": 30,
}
CATEGORY = {"id": 1, "name": "Music", "slug": "music", "description": "Concerts and sessions."}
TAG = {"id": 3, "name": "Live music", "slug": "live-music"}


def _answers(description: str, example: Any, **more: Any) -> dict[str, Any]:
    return {"answers": description, "example": example, **more}


EVENT_LIST = _answers("A page of events", EVENT)
_FOUND = {
    "highlight": {
        "title": "Rooftop <mark>Jazz</mark> Night",
        "description": "Three trios, one skyline. Doors at 18:30.",
    },
    "distance_km": 3.482,
}
EVENT_SEARCH = _answers("A page of events", EVENT | _FOUND)
EVENT_SUGGEST = _answers(
    "Titles",
    {"results": ["Rooftop Jazz Night", "Jazz in the Park"]},
    responses={200: SuggestionsSerializer},
    manual_parameters=[
        openapi.Parameter(
            "q",
            openapi.IN_QUERY,
            "The beginning of a word, as it is typed.",
            type=openapi.TYPE_STRING,
            maxLength=256,
        )
    ],
)
EVENT_CREATE = _answers(
    "The event",
    EVENT,
    request_body=EventInputSerializer,
    responses={201: EventSerializer},
)
EVENT_READ = _answers("The event", EVENT, responses={200: EventSerializer})
EVENT_CHANGE = EVENT_READ | {"request_body": EventChangeSerializer}
CATEGORIES = _answers("A page of categories", CATEGORY)
CATEGORY_ANSWER = _answers("The category", CATEGORY)
TAGS = _answers("A page of tags", TAG)
TAG_ANSWER = _answers("The tag", TAG)
TAG_CREATE = _answers(
    "The tag is new",
    TAG,
    request_body=TagSerializer,
    responses={201: TagSerializer, 200: openapi.Response("It was there", TagSerializer)},
)

# What "Try it out" starts from.
example_body(EventInputSerializer, EVENT_BODY)
example_body(EventChangeSerializer, {"max_attendees": 40})
example_body(CategorySerializer, CATEGORY)
