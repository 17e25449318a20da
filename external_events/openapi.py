"""Examples and responses of external events for Swagger."""

from typing import Any

from drf_yasg import openapi

from core.api.openapi import describe, example_body
from events.openapi import EVENT
from external_events import serializers

_ID = "Z698xZC2Z17CbVr"
EXTERNAL_EVENT: dict[str, Any] = {
    "provider": "ticketmaster",
    "external_id": _ID,
    "title": "Nils Ahlgren Trio",
    "description": "Doors at 19:00.",
    "location": "Blue Cellar, 12 Frith Street, London, Great Britain",
    "latitude": 51.5136,
    "longitude": -0.1315,
    "start_time": "2027-06-04T19:30:00Z",
    "end_time": None,
    "timezone": "Europe/London",
    "time_known": True,
    "local_date": "2027-06-04",
    "status": "scheduled",
    "url": f"https://www.ticketmaster.co.uk/event/{_ID}",
    "image": "https://images.example.com/nils-ahlgren-16x9.jpg",
    "category": "Music",
    "price_min": "24.50",
    "price_max": "60.00",
    "currency": "GBP",
    "imported_event_id": None,
}
IMPORTED: dict[str, Any] = EVENT | {
    **{name: value for name, value in EXTERNAL_EVENT.items() if name in EVENT},
    "end_time": "2027-06-04T22:30:00Z",
    "end_time_known": False,
    "status": "published",
    "category": EVENT["category"],
    **dict.fromkeys(["recurrence_pattern", "series", "banner", "max_attendees", "spots_left"]),
    **dict.fromkeys(["going_count", "interested_count", "waitlist_count"], 0),
    **dict.fromkeys(["is_recurring", "is_full"], False),
    "tags": [],
    "external_provider": "ticketmaster",
    "external_event_id": _ID,
    "external_url": EXTERNAL_EVENT["url"],
    "external_status": "scheduled",
    "price": "24.50",
    "my_role": "owner",
    "my_rsvp": None,
    "possible_duplicates": [
        {
            "id": 38,
            "title": "Nils Ahlgren Trio – Live",
            "start_time": "2027-06-04T19:00:00Z",
            "location": "Blue Cellar, London, UK",
            "external_provider": "seatgeek",
        }
    ],
}
RUN_EXAMPLE: dict[str, Any] = {
    "id": 11,
    "state": "running",
    "dry_run": False,
    "total": 140,
    "seen": 100,
    "new": 61,
    "updated": 4,
    "unchanged": 33,
    "cancelled": 1,
    "skipped": 1,
    "failed": 0,
    "possible_duplicates": 2,
    "is_truncated": False,
    "error": "",
    "started_at": "2027-05-01T09:12:44Z",
    "finished_at": None,
}
SUBSCRIPTION_EXAMPLE: dict[str, Any] = {
    "id": 3,
    "provider": "ticketmaster",
    "query": "jazz",
    "location": "London, GB",
    "every": "weekly",
    "days_ahead": 365,
    "limit": None,
    "dry_run": False,
    "is_active": True,
    "category": EVENT["category"],
    "organizer": None,
    "next_run_at": "2027-05-08T09:12:44Z",
    "last_run": RUN_EXAMPLE,
    "created_at": "2027-05-01T09:12:43Z",
    "updated_at": "2027-05-01T09:12:43Z",
}
_DETAIL = SUBSCRIPTION_EXAMPLE | {"runs": [RUN_EXAMPLE]}

example_body(serializers.ImportSerializer, {"provider": "ticketmaster", "max_attendees": 30})
example_body(
    serializers.SubscriptionSerializer,
    {"provider": "ticketmaster", "query": "jazz", "location": "London", "every": "weekly"},
)
example_body(serializers.RunInputSerializer, {"dry_run": True})

_EXTERNAL_ID = openapi.Parameter(
    "external_id",
    openapi.IN_PATH,
    type=openapi.TYPE_STRING,
    description="ID of the event at the provider.",
)

SEARCH = describe(
    "A page of results",
    EXTERNAL_EVENT,
    query_serializer=serializers.SearchSerializer,
    page={"provider_total": 1, "fetched_at": "2027-05-01T09:12:44Z", "stale": False},
)
IMPORT = describe(
    "The event: new (201), or imported before (200)",
    IMPORTED,
    serializers.ImportedEventSerializer,
    body=serializers.ImportSerializer,
    status=[201, 200],
    manual_parameters=[_EXTERNAL_ID],
)
SUBSCRIPTION_LIST = describe("A page of standing imports", SUBSCRIPTION_EXAMPLE)
SUBSCRIPTION = describe("The standing import", _DETAIL, serializers.SubscriptionDetailSerializer)
SUBSCRIPTION_CHANGE = SUBSCRIPTION | {"request_body": serializers.SubscriptionSerializer}
SUBSCRIPTION_CREATE = SUBSCRIPTION_CHANGE | {
    "responses": {201: serializers.SubscriptionDetailSerializer}
}
RUN = describe(
    "The run: new (202), or the current one (200)",
    RUN_EXAMPLE,
    serializers.RunSerializer,
    body=serializers.RunInputSerializer,
    status=[202, 200],
)
