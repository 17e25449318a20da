"""Tickets and check-in."""

from dataclasses import replace
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
from core.api.serializers import NoFieldsSerializer
from events.exceptions import EventCancelled
from events.models import Event
from events.selectors import get_visible
from rsvp import openapi, permissions, selectors, tickets
from rsvp.check_in import (
    Judged,
    Scan,
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
    CorrectionsOnly,
    DoorOnly,
    HasNoSeat,
    NoSeatForWalkIn,
    NotCheckedIn,
    NotGoing,
    TicketVoid,
    TooManyPeople,
)
from rsvp.models import Rsvp
from rsvp.serializers.attendance import (
    LONGEST_BATCH,
    AttendanceSerializer,
    AttendeeForOwnerSerializer,
    CheckInInputSerializer,
    JudgedAllSerializer,
    ScanSerializer,
    TicketSerializer,
    UndoInputSerializer,
)


class TicketView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {"GET": [HasNoSeat, EventCancelled]}

    @swagger_auto_schema(**openapi.TICKET)
    def get(self, request: Request, event_id: int) -> Response:
        """My ticket. It is void once I give my seats back; with new ones I have another."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        if event.is_cancelled:
            raise EventCancelled
        rsvp = selectors.seat_of(user=user, event=event)
        code = tickets.code_of(rsvp)
        ticket = {"people": rsvp.party, "arrived": rsvp.arrived}
        return Response(TicketSerializer({"code": code, "qr": tickets.qr_svg(code)} | ticket).data)


class CheckInView(APIView):
    swagger_tag = "check-in"
    _refusals = [
        DoorOnly,
        AlreadyCheckedIn,
        TicketVoid,
        NotGoing,
        CheckInNotOpen,
        CheckInClosed,
        TooManyPeople,
        NoSeatForWalkIn,
        EventCancelled,
    ]
    swagger_errors = {
        "POST": _refusals,
        "DELETE": [
            400,
            415,
            DoorOnly,
            NotCheckedIn,
            TicketVoid,
            CheckInClosed,
            TooManyPeople,
            EventCancelled,
        ],
    }

    @swagger_auto_schema(**openapi.CHECK_IN)
    def post(self, request: Request, event_id: int) -> Response:
        """Check in a party by its code or its person: once, however many scan it simultaneously.

        Without `people`, all who are missing. `walk_in` takes free seats for a person without a
        seat, or for more people than a party has seats. By `user_id` or `username` it is a
        record for the organizer only until the person confirms it. Send `at` to make a repetition
        the same walk-in. A second scan is refused (`already_checked_in`) with the `attendee` and
        the time of the first one. The owner and admins may check people in after the end, too.
        """
        event = _at_door(request, event_id)
        params = _read(CheckInInputSerializer(data=request.data))
        if "at" in params:
            params["at"] = in_zone(params["at"], ZoneInfo(event.timezone))
        try:
            rsvp = self._check_in(event, signed_in(request), params)
        except AlreadyCheckedIn as refusal:
            attendee = AttendeeForOwnerSerializer(refusal.rsvp).data
            refusal.facts = {**refusal.facts, "attendee": attendee}
            raise
        return Response(AttendeeForOwnerSerializer(rsvp).data)

    def _check_in(self, event: Event, by: User, params: dict[str, Any]) -> Rsvp:
        common = _who(event, by)
        if not params.pop("walk_in"):
            return check_in(scan=_scan(params), **common)
        if "code" in params:
            return admit_guests(**common, **params)
        attendee = selectors.person(**_take_person(params))
        return admit_walk_in(attendee=attendee, **common, **params)

    @swagger_auto_schema(**openapi.UNDO_CHECK_IN)
    def delete(self, request: Request, event_id: int) -> Response:
        """Undo a check-in, with the same body; the owner and admins also after the end.

        A walk-in also gives its seats back, and the earlier RSVP or place in line is restored.
        """
        event = _at_door(request, event_id)
        scan = _scan(_read(UndoInputSerializer(data=request.data)))
        rsvp = undo_check_in(scan=scan, **_who(event, signed_in(request)))
        return Response(AttendeeForOwnerSerializer(rsvp).data)


class CheckInBatchView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {"POST": [DoorOnly, EventCancelled]}

    @swagger_auto_schema(**openapi.CHECK_IN_BATCH)
    def post(self, request: Request, event_id: int) -> Response:
        """Check in what was scanned without a network: at most 500 scans, each judged by itself.

        Each is judged by the check-in window that was valid at its time, and the results come in
        the same order. A list may be sent again: the same party at the same instant is the same
        scan. A result has `start_time` if the scan belongs to a date from which the event was moved
        since: the scan is kept in the history, and changes nothing on the present date.
        """
        event = _at_door(request, event_id)
        entries = _entries(request.data)
        shapes = [ScanSerializer(data=entry) for entry in entries]
        scans = [_timed(_scan(shape.validated_data), event) for shape in shapes if shape.is_valid()]
        judged = iter(check_in_all(event_id=event.pk, scans=scans, by=signed_in(request)))
        results = [
            _sent(entry) | (_unread(shape) if shape.errors else _outcome(next(judged)))
            for entry, shape in zip(entries, shapes, strict=True)
        ]
        return Response(JudgedAllSerializer({"results": results}).data)


class CloseCheckInView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {
        "POST": [CorrectionsOnly, CheckInNotOpen, EventCancelled],
        "DELETE": [CorrectionsOnly, EventCancelled],
    }

    @swagger_auto_schema(**openapi.CLOSE_CHECK_IN)
    def post(self, request: Request, event_id: int) -> Response:
        """Close check-in: people who are missing did not come.

        Attendance then counts as used, however few were scanned: there are `no_shows`, and only
        people who were checked in may review. Later scans are refused (`check_in_closed`); the
        owner and admins may still correct. Repeating it changes nothing.
        """
        event = _to_correct(request, event_id)
        NoFieldsSerializer(data=request.data).is_valid(raise_exception=True)
        return _attendance(close_check_in(event_id=event.pk))

    @swagger_auto_schema(**openapi.REOPEN_CHECK_IN)
    def delete(self, request: Request, event_id: int) -> Response:
        """Open check-in again. Repeating it changes nothing."""
        event = _to_correct(request, event_id)
        return _attendance(reopen_check_in(event_id=event.pk))


def _attendance(event: Event) -> Response:
    return Response(AttendanceSerializer(selectors.attendance_of(event)).data)


def _to_correct(request: Request, event_id: int) -> Event:
    """Raises EventNotFound and CorrectionsOnly."""
    user = signed_in(request)
    event = get_visible(event_id=event_id, user=user)
    permissions.check_may_correct(user, event)
    return event


def _who(event: Event, user: User) -> dict[str, Any]:
    """Return the common arguments of the check-in services."""
    after_end = permissions.may_correct(user, event)
    return {"event_id": event.pk, "by": user, "after_end": after_end}


def _at_door(request: Request, event_id: int) -> Event:
    """Raises EventNotFound and DoorOnly."""
    user = signed_in(request)
    event = get_visible(event_id=event_id, user=user)
    permissions.check_at_door(user, event)
    return event


def _read(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _take_person(params: dict[str, Any]) -> dict[str, Any]:
    return {name: params.pop(name) for name in ("user_id", "username") if name in params}


def _scan(asked: dict[str, Any]) -> Scan:
    """Raises PersonNotFound for a name that nobody has."""
    asked = dict(asked)
    if "username" in asked:
        asked["user_id"] = selectors.person(username=asked.pop("username")).pk
    return Scan(**asked)


def _timed(scan: Scan, event: Event) -> Scan:
    assert scan.at
    return replace(scan, at=in_zone(scan.at, ZoneInfo(event.timezone)))


def _entries(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise ValidationError("Send a list of scans.", code="not_a_list")
    if len(data) > LONGEST_BATCH:
        told = f"Send at most {LONGEST_BATCH} scans at once."
        raise ValidationError(told, code="too_many")
    return data


def _sent(entry: Any) -> dict[str, Any]:
    """What the client knows the entry by, where it is something that can be said back."""
    if not isinstance(entry, dict):
        return {}
    kinds = (("code", str), ("user_id", int))
    return {name: entry[name] for name, kind in kinds if type(entry.get(name)) is kind}


def _unread(shape: Any) -> dict[str, Any]:
    errors = [
        {"field": field, "code": error.code, "detail": str(error)}
        for field, found in shape.errors.items()
        for error in found
    ]
    return {"status": "refused", "reason": "validation_error", "errors": errors}


def _outcome(judged: Judged) -> dict[str, Any]:
    refusal = judged.refusal
    result: dict[str, Any] = {"attendee": judged.rsvp} if judged.rsvp else {}
    if judged.former_times:
        result["start_time"] = judged.former_times.start_time
    if refusal is None:
        return {"status": "checked_in"} | result
    is_repeated = isinstance(refusal, AlreadyCheckedIn)
    result |= {"reason": refusal.code, "detail": str(refusal)}
    if is_repeated:
        result["checked_in_at"] = refusal.facts["checked_in_at"]
    return {"status": refusal.code if is_repeated else "refused"} | result
