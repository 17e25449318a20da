"""Attendees and attendance of an event."""

from collections.abc import Callable
from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.api.requests import validated
from core.errors import Busy
from events.selectors import get_visible
from rsvp import openapi, permissions, selectors
from rsvp.attendee_files import attendee_file
from rsvp.exceptions import AttendeesHidden, CheckInStaffOnly, ExportHidden
from rsvp.filters import AttendeeFilter
from rsvp.models import Rsvp
from rsvp.serializers import attendance as serializers


class AttendeeListView(generics.GenericAPIView[Rsvp]):
    queryset = Rsvp.objects.all()
    serializer_class = serializers.AttendeeSerializer
    filterset_class = AttendeeFilter
    swagger_tag = "RSVP"
    swagger_errors = {"GET": [AttendeesHidden, ExportHidden, Busy]}

    @swagger_auto_schema(**openapi.ATTENDEES)
    def get(self, request: Request, event_id: int) -> Any:
        """Attendees. The owner, helpers and admins also see addresses, the waitlist and check-ins.

        `format=csv` returns the list as a file: cells that would be a formula in a spreadsheet
        begin with an apostrophe. A long list comes in parts: the `Link` header has the URL of the
        next one.
        """
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        params = self._params()
        after, file_format = params.pop("after"), params.pop("format")
        if file_format == "csv":
            permissions.check_may_export(user, event)
            return attendee_file(request, event, after=after, **params)
        if not permissions.sees_everything(user, event):
            if not permissions.is_public(**params):
                raise AttendeesHidden
            public = selectors.public_attendees(status=params["status"])
            return self._page(public.of(event=event.pk), serializers.public_bodies)
        attendees = selectors.attendees_for_owner(**params)
        return self._page(attendees.of(event=event.pk), serializers.owner_bodies)

    def _page(self, attendees: Any, bodies: Callable[[Any], list[Any]]) -> Response:
        rows: Any = self.paginate_queryset(attendees)
        return self.get_paginated_response(bodies(rows))

    def _params(self) -> dict[str, Any]:
        filters = validated(AttendeeFilter(self.request.query_params, Rsvp.objects.none()))
        params = dict(filters.params)
        checked_in = params.pop("checked_in")
        return params | {
            "status": params["status"] or Rsvp.Status.GOING,
            "is_checked_in": {"true": True, "false": False}.get(checked_in),
        }


class AttendanceView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {"GET": [CheckInStaffOnly]}

    @swagger_auto_schema(**openapi.ATTENDANCE)
    def get(self, request: Request, event_id: int) -> Response:
        """How many people RSVPed, have seats and have arrived."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        permissions.check_sees_attendance(user, event)
        return Response(serializers.AttendanceSerializer(selectors.attendance_of(event)).data)
