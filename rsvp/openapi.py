"""Examples and descriptions of the RSVP endpoints for Swagger."""

from typing import Any

from drf_yasg import openapi

from core.api.openapi import EMPTY_BODY, example_body
from events.filters import FeedFilter
from events.openapi import EVENT, calendar_file
from rsvp.exceptions import AlreadyCheckedIn, EventFull, TicketVoid
from rsvp.serializers.attendance import (
    AttendanceSerializer,
    AttendeeForOwnerSerializer,
    CheckInInputSerializer,
    ScanResultsSerializer,
    ScanSerializer,
    TicketSerializer,
    UndoInputSerializer,
)
from rsvp.serializers.rsvps import (
    CalendarAddressSerializer,
    RsvpInputSerializer,
    RsvpSerializer,
    SeriesRsvpsSerializer,
)

RSVP: dict[str, Any] = {
    "id": 7,
    "event": {
        "id": 42,
        "title": "Rooftop Jazz Night",
        "start_time": "2027-06-04T17:00:00Z",
        "status": "published",
    },
    "user": {"id": 2, "username": "ada", "display_name": "Ada L."},
    "status": "waitlisted",
    "guests": 1,
    "waitlist_position": 2,
    "checked_in_at": None,
    "created_at": "2027-05-02T08:00:00Z",
    "updated_at": "2027-05-02T08:00:00Z",
}
ATTENDEE = {
    "user": {"id": 2, "username": "ada", "display_name": "Ada L."},
    "status": "going",
    "guests": 1,
    "created_at": "2027-05-02T08:00:00Z",
}

MY_RSVP: dict[str, Any] = {
    "example": RSVP,
    "answers": "My RSVP",
    "responses": {200: RsvpSerializer},
}
RSVP_CHANGE: dict[str, Any] = {
    "example": RSVP,
    "answers": "My RSVP after the change",
    "request_body": RsvpInputSerializer,
    "responses": {201: RsvpSerializer, 200: RsvpSerializer},
}
LEAVE: dict[str, Any] = {
    "example": RSVP | {"status": "cancelled", "waitlist_position": None},
    "answers": "My cancelled RSVP",
    "request_body": EMPTY_BODY,
    "responses": {200: RsvpSerializer},
}
LEAVE_BY_DELETE: dict[str, Any] = {
    name: value for name, value in LEAVE.items() if name != "request_body"
}
CONFIRM_WALK_IN: dict[str, Any] = {
    "example": RSVP
    | {"status": "going", "waitlist_position": None, "checked_in_at": "2027-06-04T16:40:00Z"},
    "answers": "My RSVP: going, and checked in",
    "request_body": EMPTY_BODY,
    "responses": {200: RsvpSerializer},
}
_GOING = RSVP | {"status": "going", "waitlist_position": None}
_FULL = {
    "event": RSVP["event"] | {"id": 43, "start_time": "2027-06-11T17:00:00Z"},
    "status": "refused",
    "code": EventFull.code,
    "detail": EventFull.message,
    "next_step": EventFull.next_step,
}
SERIES_RSVPS: dict[str, Any] = {
    "example": {"results": [_GOING, _FULL]},
    "answers": "My RSVP for each future date, or its refusal, soonest first",
    "request_body": RsvpInputSerializer,
    "responses": {201: SeriesRsvpsSerializer, 200: SeriesRsvpsSerializer},
}
SERIES_LEAVE: dict[str, Any] = {
    "example": {"results": [_GOING | {"status": "cancelled"}]},
    "answers": "My cancelled RSVPs for its future dates",
    "request_body": EMPTY_BODY,
    "responses": {200: SeriesRsvpsSerializer},
}
_ADDRESS_OF_FEED = "https://api.example.com/api/calendar/vZ1f…Qw.ics"
CALENDAR_ADDRESS: dict[str, Any] = {
    "example": {"url": _ADDRESS_OF_FEED},
    "answers": "The address of my calendar feed",
    "responses": {200: CalendarAddressSerializer},
}
CALENDAR_RENEW: dict[str, Any] = CALENDAR_ADDRESS | {
    "request_body": EMPTY_BODY,
    "responses": {201: CalendarAddressSerializer},
}
CALENDAR_FEED: dict[str, Any] = calendar_file(
    "The feed as iCalendar (RFC 5545)", "event-42", "DTEND;TZID=Europe/Berlin:20270604T220000"
) | {
    "manual_parameters": [
        openapi.Parameter(
            name, openapi.IN_QUERY, type=openapi.TYPE_STRING, description=str(param.label)
        )
        for name, param in FeedFilter.base_filters.items()
    ]
}
_CHECKED_IN = ATTENDEE | {
    "email": "ada@example.com",
    "waitlist_position": None,
    "arrived": 2,
    "checked_in_at": "2027-06-04T16:40:00Z",
    "is_confirmed": True,
}
_CODE = "42.7.0:Uo2m…Xw"
ATTENDANCE: dict[str, Any] = {
    "example": {
        "answered": 57,
        "going": 50,
        "interested": 4,
        "waiting": 3,
        "max_attendees": 50,
        "spots_left": 0,
        "arrived": 41,
        "missing": 9,
        "is_used": True,
        "no_shows": None,
        "opens_at": "2027-06-04T15:00:00Z",
        "closes_at": "2027-06-04T20:00:00Z",
        "check_in_closed_at": None,
    },
    "answers": "Numbers of people, guests included",
    "responses": {200: AttendanceSerializer},
}
CLOSE_CHECK_IN: dict[str, Any] = ATTENDANCE | {
    "example": ATTENDANCE["example"]
    | {"no_shows": 9, "check_in_closed_at": "2027-06-04T18:30:00Z"},
    "answers": "The attendance, with check-in closed",
    "request_body": EMPTY_BODY,
}
REOPEN_CHECK_IN: dict[str, Any] = ATTENDANCE | {"answers": "The attendance, with check-in open"}
TICKET: dict[str, Any] = {
    "example": {"code": _CODE, "qr": "<svg …", "people": 2, "arrived": 0},
    "answers": "My ticket",
    "responses": {200: TicketSerializer},
}
CHECK_IN: dict[str, Any] = {
    "example": _CHECKED_IN,
    "answers": "The party after the change",
    "request_body": CheckInInputSerializer,
    "responses": {200: AttendeeForOwnerSerializer},
}
UNDO_CHECK_IN: dict[str, Any] = {
    "example": _CHECKED_IN | {"arrived": 0, "checked_in_at": None},
    "answers": "The party after the change",
    "request_body": UndoInputSerializer,
    "responses": {200: AttendeeForOwnerSerializer},
}
CHECK_IN_BATCH: dict[str, Any] = {
    "example": {
        "results": [
            {"code": _CODE, "status": "checked_in", "attendee": _CHECKED_IN},
            {
                "code": _CODE,
                "status": AlreadyCheckedIn.code,
                "reason": AlreadyCheckedIn.code,
                "detail": AlreadyCheckedIn.message,
                "attendee": _CHECKED_IN,
                "checked_in_at": _CHECKED_IN["checked_in_at"],
            },
            {
                "code": "42.8.0:pQ9…1s",
                "status": "refused",
                "reason": TicketVoid.code,
                "detail": TicketVoid.message,
                "attendee": ATTENDEE | {"status": "cancelled"},
            },
        ]
    },
    "answers": "The result of each scan, in the same order",
    "request_body": ScanSerializer(many=True),
    "responses": {200: ScanResultsSerializer},
}
ATTENDEES: dict[str, Any] = {"example": ATTENDEE, "answers": "A page of attendees"}
RECOMMENDED: dict[str, Any] = {"example": EVENT | {"my_rsvp": None}, "answers": "A page of events"}
MY_RSVPS: dict[str, Any] = {"example": RSVP, "answers": "A page of my RSVPs"}

example_body(RsvpInputSerializer, {"status": "going", "guests": 1})  # for "Try it out"
example_body(CheckInInputSerializer, {"code": _CODE})
example_body(UndoInputSerializer, {"code": _CODE})
example_body(ScanSerializer, {"code": _CODE, "at": "2027-06-04T18:40:00"})
