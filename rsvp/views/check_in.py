"""Tickets and check-in."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from drf_yasg.utils import swagger_auto_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from accounts.models import User
from core.api.fields import in_zone
from core.api.requests import read
from core.api.serializers import NoFieldsSerializer
from core.clock import instant
from events.exceptions import EventCancelled
from events.models import Event
from events.selectors import get_visible
from rsvp import openapi, permissions, selectors, tickets
from rsvp.check_in import (
    DoorPayment,
    Scan,
    ScanResult,
    admit_guests,
    admit_walk_in,
    check_in,
    check_in_all,
    close_check_in,
    reopen_check_in,
    undo_check_in,
)
from rsvp.exceptions import (
    AlreadyCheckedIn,
    CheckInClosed,
    CheckInNotOpen,
    CheckInStaffOnly,
    CorrectionsOnly,
    HasNoSeat,
    NoSeatForWalkIn,
    NotCheckedIn,
    NotGoing,
    PaymentNeeded,
    TicketVoid,
    TooManyPeople,
)
from rsvp.models import Rsvp
from rsvp.serializers import attendance as serializers


class TicketView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {"GET": [HasNoSeat, EventCancelled]}

    @swagger_auto_schema(**openapi.TICKET)
    def get(self, request: Request, event_id: int) -> Response:
        """My ticket. It becomes void when I give my seats back; new seats have a new ticket."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        if event.is_cancelled:
            raise EventCancelled
        rsvp = selectors.seat_of(user=user, event=event)
        code = tickets.code_of(rsvp)
        shown = selectors.tickets_shown([rsvp.pk] if rsvp.has_tickets else [])
        ticket = {"people": rsvp.party, "tickets": shown[rsvp.pk], "arrived": rsvp.arrived}
        return Response(
            serializers.TicketSerializer({"code": code, "qr": tickets.qr_svg(code)} | ticket).data
        )


class CheckInView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {
        "POST": [
            CheckInStaffOnly, AlreadyCheckedIn, TicketVoid, NotGoing, CheckInNotOpen, CheckInClosed,
            TooManyPeople, NoSeatForWalkIn, PaymentNeeded, EventCancelled,
        ],
        "DELETE": [
            400, 415, CheckInStaffOnly, NotCheckedIn, TicketVoid, CheckInClosed, TooManyPeople,
            EventCancelled,
        ],
    }  # fmt: skip

    @swagger_auto_schema(**openapi.CHECK_IN)
    def post(self, request: Request, event_id: int) -> Response:
        """Check in a party by its code or its person; simultaneous scans check it in once.

        Without `people`, all missing people are checked in. `walk_in` takes free seats for a person
        without a seat, or for more people than a party has seats. By `user_id` or `username` it is
        a record for the organizer only until the person confirms it. Send `at` to make a repetition
        the same walk-in. A second scan is refused (`already_checked_in`) with the `attendee` and
        the time of the first one. The owner and admins may check people in after the end, too.
        """
        event = _event_to_check_in(request, event_id)
        params = read(serializers.CheckInInputSerializer, request)
        if "at" in params:
            params["at"] = in_zone(params["at"], ZoneInfo(event.timezone))
        try:
            rsvp = self._check_in(event, signed_in(request), params)
        except AlreadyCheckedIn as refusal:
            attendee = serializers.attendee_body(refusal.rsvp)
            refusal.facts = {**refusal.facts, "attendee": attendee}
            raise
        return Response(serializers.attendee_body(rsvp))

    def _check_in(self, event: Event, by: User, params: dict[str, Any]) -> Rsvp:
        common = _common_arguments(event, by)
        payment = DoorPayment(params.pop("ticket_type", None), params.pop("paid_at_the_door"))
        if not params.pop("walk_in"):
            return check_in(scan=_scan(params), **common)
        common["payment"] = payment
        if "code" in params:
            return admit_guests(**common, **params)
        key = next(name for name in ("user_id", "username") if name in params)
        attendee = selectors.person(**{key: params.pop(key)})
        return admit_walk_in(attendee=attendee, **common, **params)

    @swagger_auto_schema(**openapi.UNDO_CHECK_IN)
    def delete(self, request: Request, event_id: int) -> Response:
        """Undo a check-in, with the same body; the owner and admins also after the end.

        A walk-in also gives its seats back, and the earlier RSVP or place on the waitlist is
        restored.
        """
        event = _event_to_check_in(request, event_id)
        scan = _scan(read(serializers.UndoInputSerializer, request))
        rsvp = undo_check_in(scan=scan, **_common_arguments(event, signed_in(request)))
        return Response(serializers.attendee_body(rsvp))


class CheckInBatchView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {"POST": [CheckInStaffOnly, EventCancelled]}

    @swagger_auto_schema(**openapi.CHECK_IN_BATCH)
    def post(self, request: Request, event_id: int) -> Response:
        """Check in at most 500 scans that were made offline. One refusal does not affect others.

        The check-in window of each scan is the one that was valid at its time, and the results come
        in the same order. A list may be sent again: the same party at the same instant is the same
        scan. A result has `start_time` if the event was moved from the scan's date since: the scan
        is kept in the history, and changes nothing on the present date.
        """
        event = _event_to_check_in(request, event_id)
        entries = _entries(request.data)
        zone = ZoneInfo(event.timezone)
        inputs = serializers.read_scans(entries)
        scans = [
            Scan(**params | {"at": in_zone(params["at"], zone)})
            for params, errors in inputs
            if not errors
        ]
        outcomes = check_in_all(event_id=event.pk, scans=scans, by=signed_in(request))
        parties = [outcome.rsvp for outcome in outcomes if outcome.rsvp]
        attendees = iter(serializers.attendee_bodies(parties))
        read = iter([_result(outcome, attendees) for outcome in outcomes])
        results = [
            _keys(entry) | (_invalid(errors) if errors else next(read))
            for entry, (_, errors) in zip(entries, inputs, strict=True)
        ]
        return Response({"results": results})


class CloseCheckInView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {
        "POST": [CorrectionsOnly, CheckInNotOpen, EventCancelled],
        "DELETE": [CorrectionsOnly, EventCancelled],
    }

    @swagger_auto_schema(**openapi.CLOSE_CHECK_IN)
    def post(self, request: Request, event_id: int) -> Response:
        """Close check-in: missing people become no-shows.

        Attendance then counts as used, however few were scanned: there are `no_shows`, and only
        people who were checked in may review. Later scans are refused (`check_in_closed`); the
        owner and admins may still correct. Repeating it changes nothing.
        """
        event = _event_to_correct(request, event_id)
        read(NoFieldsSerializer, request)
        return _attendance(close_check_in(event_id=event.pk))

    @swagger_auto_schema(**openapi.REOPEN_CHECK_IN)
    def delete(self, request: Request, event_id: int) -> Response:
        """Open check-in again. Repeating it changes nothing."""
        event = _event_to_correct(request, event_id)
        return _attendance(reopen_check_in(event_id=event.pk))


def _attendance(event: Event) -> Response:
    return Response(serializers.AttendanceSerializer(selectors.attendance_of(event)).data)


def _event_to_correct(request: Request, event_id: int) -> Event:
    """Raises EventNotFound and CorrectionsOnly."""
    user = signed_in(request)
    event = get_visible(event_id=event_id, user=user)
    permissions.check_may_correct(user, event)
    return event


def _event_to_check_in(request: Request, event_id: int) -> Event:
    """Raises EventNotFound and CheckInStaffOnly."""
    user = signed_in(request)
    event = get_visible(event_id=event_id, user=user)
    permissions.check_may_check_in(user, event)
    return event


def _common_arguments(event: Event, user: User) -> dict[str, Any]:
    """Return the common arguments of the check-in services."""
    after_end = permissions.may_correct(user, event)
    return {"event_id": event.pk, "by": user, "after_end": after_end}


def _scan(params: dict[str, Any]) -> Scan:
    """Raises PersonNotFound for an unknown username."""
    if "username" in params:
        params["user_id"] = selectors.person(username=params.pop("username")).pk
    return Scan(**params)


def _entries(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ValidationError("Send a list of scans.", code="not_a_list")
    if len(data) > serializers.LONGEST_BATCH:
        detail = f"Send at most {serializers.LONGEST_BATCH} scans at once."
        raise ValidationError(detail, code="too_many")
    return data


def _keys(entry: Any) -> dict[str, Any]:
    """Return the code and user ID of an entry as they were sent, if they have the right types."""
    if not isinstance(entry, dict):
        return {}
    kinds = (("code", str), ("user_id", int))
    return {name: entry[name] for name, kind in kinds if type(entry.get(name)) is kind}


def _invalid(errors: dict[str, Any]) -> dict[str, Any]:
    listed = [
        {"field": field, "code": error.code, "detail": str(error)}
        for field, details in errors.items()
        for error in details
    ]
    return {"status": "refused", "reason": "validation_error", "errors": listed}


def _result(outcome: ScanResult, attendees: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of ScanResultSerializer in its order, without building one.

    `attendees` has the bodies of the parties that were found, in the order of the results.
    """
    refusal = outcome.refusal
    result: dict[str, Any] = {"status": "checked_in"}
    if refusal is not None:
        result = {"status": "refused", "reason": refusal.code, "detail": str(refusal)}
    if outcome.rsvp:
        result["attendee"] = next(attendees)
    if isinstance(refusal, AlreadyCheckedIn):
        result["status"] = refusal.code
        result["checked_in_at"] = instant(refusal.facts["checked_in_at"])
    if outcome.former_times:
        result["start_time"] = instant(outcome.former_times.start_time)
    return result
