"""Swagger descriptions and examples of events."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_yasg import openapi

from core.api.openapi import describe, example_body
from events.serializers import categories, codes, events, helpers, search, series, ticket_types

EVENT: dict[str, Any] = {
    "id": 42,
    "title": "Rooftop Jazz Night",
    "description": "Three trios, one skyline. Doors at 18:30.",
    "location": "Dachgarten Kreuzberg, Skalitzer Str. 12, Berlin",
    "latitude": 52.4991,
    "longitude": 13.4183,
    "start_time": "2027-06-04T17:00:00Z",
    "end_time": "2027-06-04T20:00:00Z",
    "end_time_known": True,
    "is_all_day": False,
    "timezone": "Europe/Berlin",
    "status": "published",
    "created_by": {"id": 1, "username": "olive", "display_name": "Olive Ortega"},
    "category": {"id": 1, "name": "Music", "slug": "music"},
    "tags": [{"id": 3, "name": "Live music", "slug": "live-music"}],
    "cancellation_reason": "",
    "is_recurring": True,
    "recurrence_pattern": "weekly",
    "series": 7,
    "banner": {
        size: f"http://127.0.0.1:8000/media/event-banners/q3V9kX0bT2mJ8sYwL5aRcg/{width}.webp"
        for size, width in (("small", 400), ("medium", 800), ("large", 1600))
    },
    "max_attendees": 30,
    "going_count": 30,
    "interested_count": 12,
    "waitlist_count": 3,
    "spots_left": 0,
    "is_full": True,
    "requires_verified_email": False,
    "refund_policy": "full",
    "refund_until_hours": 48,
    "average_rating": None,
    "review_count": 0,
    "external_provider": None,
    "external_event_id": None,
    "external_url": None,
    "external_status": None,
    "price": None,
    "currency": None,
    "created_at": "2027-05-01T09:12:44.120000Z",
    "updated_at": "2027-05-01T09:12:44.120000Z",
    "my_role": None,
    "my_rsvp": {"status": "waitlisted", "guests": 1, "waitlist_position": 2},
}
SERIES: dict[str, Any] = {
    "id": 7,
    **{
        name: EVENT[name]
        for name in (
            "title", "description", "location", "latitude", "longitude", "timezone", "is_all_day",
            "recurrence_pattern", "status", "cancellation_reason", "max_attendees",
            "requires_verified_email", "refund_policy", "refund_until_hours", "category", "tags",
            "banner", "created_by", "created_at", "updated_at",
        )
    },
    "first_day": "2027-06-04",
    "local_time": "19:00:00",
    "duration": "P0DT03H00M00S",
    "exdates": ["2027-07-02"],
    "average_rating": 4.6,
    "review_count": 17,
    "next_date": {"id": 42, "start_time": EVENT["start_time"], "end_time": EVENT["end_time"]},
}  # fmt: skip
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
HELPER = {
    "user": {"id": 4, "username": "sam", "display_name": "sam"},
    "created_at": "2027-05-20T16:03:00Z",
}
TICKET_TYPE: dict[str, Any] = {
    "id": 5,
    "name": "Standing",
    "description": "Main hall, doors at 18:30.",
    "price": "12.50",
    "currency": "EUR",
    "quantity": 200,
    "sold": 140,
    "available": 60,
    "max_per_person": 4,
    "sales_open_at": None,
    "sales_close_at": "2027-06-04T15:00:00Z",
    "is_hidden": False,
    "position": 1,
}
CODE: dict[str, Any] = {
    "id": 8,
    "code": "EARLY-BIRD",
    "percent_off": 20,
    "amount_off": None,
    "max_uses": 50,
    "used": 12,
    "valid_from": None,
    "valid_until": "2027-05-01T22:00:00Z",
    "unlocks": [],
}
TAG = {"id": 3, "name": "Live music", "slug": "live-music"}

_FILE = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Event Booking and Attendance//EN\r
METHOD:PUBLISH\r
BEGIN:VEVENT\r
SUMMARY:Rooftop Jazz Night\r
DTSTART;TZID=Europe/Berlin:20270604T190000\r
{length}\r
DTSTAMP:20270501T091244Z\r
UID:{uid}@api.example.com\r
SEQUENCE:0\r
STATUS:CONFIRMED\r
END:VEVENT\r
END:VCALENDAR\r
"""


# OpenAPI 2 supports either a JSON body or a form for one operation.
_UPLOAD = """To upload a banner, send the same fields as `multipart/form-data`, with `banner` as a
JPEG, PNG or WebP file of at most 5 MB and 25 megapixels (WebP: 12.5), and sides of 48 to 10,000
pixels. Repeat the field `tags` for each tag. The picture is cropped to its centre, twice as wide
as high, and metadata is removed. `null`, or an empty field in a form, removes the banner.

`curl -X PATCH …/api/events/42/ -H "Authorization: Bearer …" -F banner=@roof.jpg`"""


EVENT_LIST = describe("A page of events", EVENT)
_FOUND = {
    "highlight": {
        "title": "Rooftop <mark>Jazz</mark> Night",
        "description": "Three trios, one skyline. Doors at 18:30.",
    },
    "distance_km": 3.482,
}
EVENT_SEARCH = describe("A page of events", EVENT | _FOUND)
_Q = openapi.Parameter(
    "q", openapi.IN_QUERY, "Beginning of a word.", type=openapi.TYPE_STRING, maxLength=256
)
EVENT_SUGGEST = describe(
    "Titles",
    {"results": ["Rooftop Jazz Night", "Jazz in the Park"]},
    search.SuggestionsSerializer,
    manual_parameters=[_Q],
)
EVENT_CREATE = describe(
    "The event",
    EVENT,
    events.EventSerializer,
    body=events.EventInputSerializer,
    status=[201],
    operation_description="Create an event (organizers). Only you can see it with `status: draft`. "
    "With a `recurrence_pattern` it is a series, and the response is its first date: the first day "
    "of the rule that is not before `start_time`.\n\n" + _UPLOAD,
)
EVENT_READ = describe("The event", EVENT, events.EventSerializer)
EVENT_CHANGE = EVENT_READ | {
    "request_body": events.EventChangeSerializer,
    "query_serializer": series.ScopeSerializer,
    "operation_description": "Change my event; omitted fields keep their values. Before the "
    "start, `status: published` reverts `status: cancelled`. `scope=following` and `scope=all` "
    "change the other dates of its series, too, except for dates that have started, and for fields "
    "that were edited on one date alone.\n\n" + _UPLOAD,
}
EVENT_DELETE: dict[str, Any] = {"query_serializer": series.ScopeSerializer}
EVENT_COPY = EVENT_CREATE | {
    "request_body": events.EventCopySerializer,
    "operation_description": "Copy my event to a draft with the same content, without helpers. The "
    "body has the differences. The copy of a past event needs a new start.",
}
SERIES_LIST = describe("A page of series", SERIES)
SERIES_READ = describe("The series", SERIES, series.SeriesSerializer)
SERIES_CHANGE = SERIES_READ | {"request_body": series.SeriesChangeSerializer}
HELPERS = describe("A page of helpers", HELPER)
HELPER_ADD = describe(
    "The new helper",
    HELPER,
    request_body=helpers.HelperInputSerializer,
    responses={
        201: helpers.HelperSerializer,
        200: openapi.Response("The person already was a helper", helpers.HelperSerializer),
    },
)
_CODE: dict[str, Any] = {"query_serializer": ticket_types.CodeParams}
TICKET_TYPES = describe("A page of ticket types", TICKET_TYPE) | _CODE
TICKET_TYPE_ADD = describe(
    "The new ticket type",
    TICKET_TYPE,
    ticket_types.TicketTypeSerializer,
    body=ticket_types.TicketTypeInputSerializer,
    status=[201],
)
TICKET_TYPE_READ = describe("The ticket type", TICKET_TYPE) | _CODE
TICKET_TYPE_CHANGE = describe(
    "The ticket type",
    TICKET_TYPE,
    ticket_types.TicketTypeSerializer,
    body=ticket_types.TicketTypeInputSerializer(partial=True),
)
CODES = describe("A page of codes", CODE)
CODE_ADD = describe(
    "The new code",
    CODE,
    codes.DiscountCodeSerializer,
    body=codes.DiscountCodeInputSerializer,
    status=[201],
)
CODE_READ = describe("The code", CODE)
CODE_CHANGE = describe(
    "The code",
    CODE,
    codes.DiscountCodeSerializer,
    body=codes.DiscountCodeInputSerializer(partial=True),
)
CATEGORIES = describe("A page of categories", CATEGORY)
CATEGORY_READ = describe("The category", CATEGORY)
TAGS = describe("A page of tags", TAG)
TAG_READ = describe("The tag", TAG)
TAG_CREATE = describe(
    "The new tag",
    TAG,
    request_body=categories.TagSerializer,
    responses={
        201: categories.TagSerializer,
        200: openapi.Response("The tag already existed", categories.TagSerializer),
    },
)


def calendar_file(description: str, uid: str, length: str) -> dict[str, Any]:
    file = openapi.Response(description, openapi.Schema(type=openapi.TYPE_STRING))
    return describe(description, _FILE.format(uid=uid, length=length), responses={200: file})


_END = "DTEND;TZID=Europe/Berlin:20270604T220000"
_RULE = "DURATION:PT3H\r\nRRULE:FREQ=WEEKLY;COUNT=12"
EVENT_CALENDAR = calendar_file("The event as iCalendar (RFC 5545)", "event-42", _END)
SERIES_CALENDAR = calendar_file("The series as iCalendar (RFC 5545)", "series-5", _RULE)

# Bodies for "Try it out".
example_body(events.EventInputSerializer, EVENT_BODY)
example_body(events.EventChangeSerializer, {"max_attendees": 40})
example_body(events.EventCopySerializer, {"title": "Rooftop Jazz Night II"})
example_body(series.SeriesChangeSerializer, {"max_attendees": 40})
example_body(helpers.HelperInputSerializer, {"username": "sam"})
example_body(
    ticket_types.TicketTypeInputSerializer,
    {"name": "Standing", "price": "12.50", "currency": "EUR", "quantity": 200},
)
example_body(codes.DiscountCodeInputSerializer, {"code": "EARLY-BIRD", "percent_off": 20})
example_body(categories.CategorySerializer, CATEGORY)
