"""Who comes to an event, and who is there."""

from typing import Any

from django_filters.utils import translate_validation
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.errors import Busy
from events.selectors import get_visible
from rsvp import openapi, permissions, selectors
from rsvp.attendee_files import attendee_file
from rsvp.exceptions import AttendeesHidden, DoorOnly, ExportHidden
from rsvp.filters import AttendeeFilter
from rsvp.models import Rsvp
from rsvp.serializers.attendance import (
    AttendanceSerializer,
    AttendeeForOwnerSerializer,
    AttendeeSerializer,
)


class AttendeeListView(generics.GenericAPIView[Rsvp]):
    """Who comes to an event."""

    queryset = Rsvp.objects.all()
    serializer_class = AttendeeSerializer
    filterset_class = AttendeeFilter
    swagger_tag = "RSVP"
    swagger_errors = {"GET": [AttendeesHidden, ExportHidden, Busy]}

    @swagger_auto_schema(**openapi.ATTENDEES)
    def get(self, request: Request, event_id: int) -> Any:
        """Attendees. The owner, helpers and admins also see addresses, the waitlist and check-ins.

        `format=csv` is the list as a file: cells that would be a formula in a spreadsheet begin
        with an apostrophe. A long list comes in parts: the `Link` header has the URL of the next
        one.
        """
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        asked = self._asked()
        after = asked.pop("after")
        if asked.pop("format") == "csv":
            permissions.check_may_export(user, event)
            return attendee_file(request, event, after=after, **asked)
        sees_all = permissions.sees_everything(user, event)
        if not sees_all and not permissions.is_for_all(**asked):
            raise AttendeesHidden
        if not sees_all:
            public = selectors.public_attendees_of(event=event, status=asked["status"])
            page = self.paginate_queryset(public)
            return self.get_paginated_response(AttendeeSerializer(page, many=True).data)
        attendees = selectors.attendees_of(event=event, **asked)
        if asked["status"] in (Rsvp.Status.WAITLISTED, selectors.EVERY_STATUS):
            attendees = attendees.with_position()
        page = self.paginate_queryset(attendees)
        return self.get_paginated_response(AttendeeForOwnerSerializer(page, many=True).data)

    def _asked(self) -> dict[str, Any]:
        asked = AttendeeFilter(self.request.query_params, queryset=Rsvp.objects.none())
        if not asked.is_valid():
            raise translate_validation(asked.errors)
        words = asked.form.cleaned_data
        yes_no = {"true": True, "false": False}
        return {
            "status": words["status"] or Rsvp.Status.GOING,
            "is_checked_in": yes_no.get(words["checked_in"]),
            "search": words["search"],
            "format": words["format"],
            "after": words["after"],
        }


class AttendanceView(APIView):
    swagger_tag = "check-in"
    swagger_errors = {"GET": [DoorOnly]}

    @swagger_auto_schema(**openapi.ATTENDANCE)
    def get(self, request: Request, event_id: int) -> Response:
        """How many answered, have seats, and are there now."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        permissions.check_sees_door(user, event)
        return Response(AttendanceSerializer(selectors.attendance_of(event)).data)
