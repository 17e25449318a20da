"""Examples and descriptions of the RSVP endpoints for Swagger."""

from typing import Any

from core.api.openapi import EMPTY_BODY, describe, example_body, query_parameters
from events.filters import FeedFilter
from events.openapi import EVENT, calendar_file
from rsvp.exceptions import AlreadyCheckedIn, EventFull, TicketVoid
from rsvp.serializers import attendance, rsvps

_TICKETS = [{"ticket_type": 6, "name": "VIP", "quantity": 2}]
RSVP: dict[str, Any] = {
    "id": 7,
    "event": {
        name: EVENT[name]
        for name in (
            "id", "title", "location", "start_time", "end_time", "is_all_day", "timezone", "status",
        )
    },
    "user": {"id": 2, "username": "ada", "display_name": "Ada L."},
    "status": "waitlisted",
    "guests": 1,
    "tickets": _TICKETS,
    "waitlist_position": 2,
    "checked_in_at": None,
    "created_at": "2027-05-02T08:00:00Z",
    "updated_at": "2027-05-02T08:00:00Z",
}  # fmt: skip
ATTENDEE = {
    "user": {"id": 2, "username": "ada", "display_name": "Ada L."},
    "status": "going",
    "guests": 1,
    "created_at": "2027-05-02T08:00:00Z",
}


_GOING = RSVP | {"status": "going", "waitlist_position": None}
_CANCELLED = RSVP | {"status": "cancelled", "tickets": [], "waitlist_position": None}
_HELD = _GOING | {
    "status": "pending_payment",
    "checkout_url": "https://checkout.stripe.com/c/pay/cs_live_a1b2c3",
    "payment": {
        "id": 12,
        "amount": "25.00",
        "currency": "EUR",
        "expires_at": "2027-05-02T08:30:00Z",
    },
}
_FULL = {
    "event": RSVP["event"]
    | {"id": 43, "start_time": "2027-06-11T17:00:00Z", "end_time": "2027-06-11T20:00:00Z"},
    "status": "refused",
    "code": EventFull.code,
    "detail": EventFull.message,
    "next_step": EventFull.next_step,
}

MY_RSVP = describe(
    "My RSVP; here, with seats that are held until they are paid", _HELD, rsvps.HeldRsvpSerializer
)
RSVP_CHANGE = describe(
    "My RSVP after the change; here, with seats that are held until they are paid",
    _HELD | {"refund": None},
    rsvps.ChangedRsvpSerializer,
    body=rsvps.RsvpInputSerializer,
    status=(201, 200),
)
_LEFT = _CANCELLED | {
    "refund": {
        "payment": 12,
        "amount": "25.00",
        "currency": "EUR",
        "status": "pending",
        "reason": "Tickets were given back in time.",
    }
}
LEAVE_BY_DELETE = describe(
    "My cancelled RSVP; here, with tickets that are refunded", _LEFT, rsvps.ChangedRsvpSerializer
)
LEAVE = LEAVE_BY_DELETE | {"request_body": EMPTY_BODY}
CONFIRM_WALK_IN = describe(
    "My RSVP: going, and checked in",
    _GOING | {"checked_in_at": "2027-06-04T16:40:00Z"},
    rsvps.RsvpSerializer,
    body=EMPTY_BODY,
)
SERIES_RSVPS = describe(
    "My RSVP for each future date, or its refusal, soonest first",
    {"results": [_GOING, _FULL]},
    rsvps.SeriesRsvpsSerializer,
    body=rsvps.SeriesRsvpInputSerializer,
    status=(201, 200),
)
SERIES_LEAVE = describe(
    "My cancelled RSVPs for its future dates",
    {"results": [_CANCELLED]},
    rsvps.SeriesRsvpsSerializer,
    body=EMPTY_BODY,
)
MY_RSVPS = describe("A page of my RSVPs", RSVP)
RECOMMENDED = describe("A page of events", EVENT | {"my_rsvp": None})

_FEED = {"url": "https://api.example.com/api/calendar/vZ1f…Qw.ics"}
CALENDAR_ADDRESS = describe(
    "The address of my calendar feed", _FEED, rsvps.CalendarAddressSerializer
)
CALENDAR_RENEW = describe(
    "The address of my calendar feed",
    _FEED,
    rsvps.CalendarAddressSerializer,
    body=EMPTY_BODY,
    status=(201,),
)
CALENDAR_FEED = calendar_file(
    "The feed as iCalendar (RFC 5545)", "event-42", "DTEND;TZID=Europe/Berlin:20270604T220000"
) | {"manual_parameters": query_parameters(FeedFilter)}

_CHECKED_IN = ATTENDEE | {
    "email": "ada@example.com",
    "waitlist_position": None,
    "arrived": 2,
    "checked_in_at": "2027-06-04T16:40:00Z",
    "is_confirmed": True,
    "tickets": _TICKETS,
}
_CODE = "42.7.0:Uo2m…Xw"
_ATTENDANCE = {
    "answered": 57, "going": 50, "held": 0, "interested": 4, "waiting": 3, "max_attendees": 50,
    "spots_left": 0, "arrived": 41, "missing": 9, "is_used": True, "no_shows": None,
    "opens_at": "2027-06-04T15:00:00Z", "closes_at": "2027-06-04T20:00:00Z",
    "check_in_closed_at": None,
}  # fmt: skip
_CLOSED = _ATTENDANCE | {"no_shows": 9, "check_in_closed_at": "2027-06-04T18:30:00Z"}
_SCAN_RESULTS = [
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

ATTENDEES = describe("A page of attendees", ATTENDEE)
ATTENDANCE = describe(
    "Numbers of people, guests included", _ATTENDANCE, attendance.AttendanceSerializer
)
CLOSE_CHECK_IN = describe(
    "The attendance, with check-in closed",
    _CLOSED,
    attendance.AttendanceSerializer,
    body=EMPTY_BODY,
)
REOPEN_CHECK_IN = describe(
    "The attendance, with check-in open", _ATTENDANCE, attendance.AttendanceSerializer
)
TICKET = describe(
    "My ticket",
    {"code": _CODE, "qr": "<svg …", "people": 2, "tickets": _TICKETS, "arrived": 0},
    attendance.TicketSerializer,
)
CHECK_IN = describe(
    "The party after the change",
    _CHECKED_IN,
    attendance.AttendeeForOwnerSerializer,
    body=attendance.CheckInInputSerializer,
)
UNDO_CHECK_IN = describe(
    "The party after the change",
    _CHECKED_IN | {"arrived": 0, "checked_in_at": None},
    attendance.AttendeeForOwnerSerializer,
    body=attendance.UndoInputSerializer,
)
CHECK_IN_BATCH = describe(
    "The result of each scan, in the same order",
    {"results": _SCAN_RESULTS},
    attendance.ScanResultsSerializer,
    body=attendance.ScanSerializer(many=True),
)

# For "Try it out".
example_body(rsvps.SeriesRsvpInputSerializer, {"status": "going", "guests": 1})
example_body(rsvps.RsvpInputSerializer, {"status": "going", "guests": 1})
example_body(attendance.CheckInInputSerializer, {"code": _CODE})
example_body(attendance.UndoInputSerializer, {"code": _CODE})
example_body(attendance.ScanSerializer, {"code": _CODE, "at": "2027-06-04T18:40:00"})
