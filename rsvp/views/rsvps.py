"""What people answer, and what they find by it."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.api.serializers import NoFieldsSerializer
from core.errors import Busy
from core.ratelimit.throttles import client_bucket
from events.exceptions import SeriesCancelled, SeriesOver
from events.selectors import get_visible
from events.views.events import EventPages
from rsvp import openapi, selectors, services
from rsvp.check_in import confirm_walk_in
from rsvp.exceptions import (
    EventEnded,
    EventFull,
    HasArrived,
    NotAttendingOwnEvent,
    NotAttendingOwnSeries,
    OrganizerInactive,
    TooManyUnverifiedSeats,
    VerifiedPeopleOnly,
)
from rsvp.filters import RsvpFilter
from rsvp.models import Rsvp
from rsvp.recommendations import recommend
from rsvp.serializers.rsvps import (
    AnswerInputSerializer,
    RsvpSerializer,
    SeriesAnswerSerializer,
)

LEAVING_REFUSALS = [NotAttendingOwnEvent, EventEnded, HasArrived, Busy]


class AnswerView(APIView):
    """My answer to one event."""

    throttle_scope = "rsvp"
    swagger_tag = "RSVP"
    swagger_errors = {
        "POST": [
            EventFull, VerifiedPeopleOnly, OrganizerInactive, Busy,
        ],
        "DELETE": LEAVING_REFUSALS,
    }  # fmt: skip

    @swagger_auto_schema(**openapi.MY_ANSWER)
    def get(self, request: Request, event_id: int) -> Response:
        """My answer, or 404."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        return Response(RsvpSerializer(selectors.answer_of(user=user, event=event)).data)

    @swagger_auto_schema(**openapi.ANSWER)
    def post(self, request: Request, event_id: int) -> Response:
        """Answer an event, or change the answer. When it is full you wait in line."""
        serializer = AnswerInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        who: dict[str, Any] = {"event_id": event_id, "attendee": signed_in(request)}
        if asked["status"] == Rsvp.Status.CANCELLED:
            return _answered(services.leave_event(**who))
        guests = asked.get("guests")
        if asked["status"] == Rsvp.Status.INTERESTED:
            rsvp, is_new = services.mark_interested(**who, guests=guests)
        else:
            rsvp, is_new = services.join_event(
                **who, guests=guests, may_wait=asked["waitlist"], address=client_bucket(request)
            )
        return _answered(rsvp, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @swagger_auto_schema(**openapi.LEAVE_BY_DELETE)
    def delete(self, request: Request, event_id: int) -> Response:
        """Cancel my RSVP, as `POST .../cancel/` does."""
        return _left(request, event_id)


class LeaveView(APIView):
    throttle_scope = "rsvp"
    swagger_tag = "RSVP"
    swagger_errors = {"POST": LEAVING_REFUSALS}

    @swagger_auto_schema(**openapi.LEAVE)
    def post(self, request: Request, event_id: int) -> Response:
        """Cancel my RSVP: my seats go to the waitlist. Cancelling twice is no error."""
        NoFieldsSerializer(data=request.data).is_valid(raise_exception=True)
        return _left(request, event_id)


class ConfirmWalkInView(APIView):
    throttle_scope = "rsvp"
    swagger_tag = "RSVP"

    @swagger_auto_schema(**openapi.CONFIRM_WALK_IN)
    def post(self, request: Request, event_id: int) -> Response:
        """Confirm that I was admitted without a seat. Repeating it changes nothing.

        Before that, a walk-in by ID or name is a record for the organizer only. `/cancel/` denies
        it: the check-in is undone and the seats are given back.
        """
        NoFieldsSerializer(data=request.data).is_valid(raise_exception=True)
        user = signed_in(request)
        return _answered(confirm_walk_in(event_id=event_id, attendee=user))


class SeriesAnswerView(APIView):
    throttle_scope = "rsvp"
    swagger_tag = "RSVP"
    swagger_errors = {
        "POST": [
            SeriesCancelled, SeriesOver, TooManyUnverifiedSeats,
            OrganizerInactive, Busy,
        ]
    }  # fmt: skip

    @swagger_auto_schema(**openapi.SERIES_ANSWER)
    def post(self, request: Request, series_id: int) -> Response:
        """Answer every date of a series that is to come. Each is judged by its own seats.

        A date that refuses (`refused`, with `code` and `next_step` as for one event) changes
        nothing at the others. The answer is for the dates that there are now, not for those
        that are added later. 201: at least one is new.
        """
        serializer = AnswerInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        who: dict[str, Any] = {"series_id": series_id, "attendee": signed_in(request)}
        if asked["status"] == Rsvp.Status.CANCELLED:
            return _answered_all(services.leave_series(**who))
        guests = asked.get("guests")
        if asked["status"] == Rsvp.Status.INTERESTED:
            return _answered_all(services.mark_interested_in_series(**who, guests=guests))
        outcomes = services.join_series(
            **who, guests=guests, may_wait=asked["waitlist"], address=client_bucket(request)
        )
        return _answered_all(outcomes)


class SeriesLeaveView(APIView):
    throttle_scope = "rsvp"
    swagger_tag = "RSVP"
    swagger_errors = {"POST": [NotAttendingOwnSeries, SeriesCancelled, SeriesOver, Busy]}

    @swagger_auto_schema(**openapi.SERIES_LEAVE)
    def post(self, request: Request, series_id: int) -> Response:
        """Cancel my answers to every date of a series that is to come."""
        NoFieldsSerializer(data=request.data).is_valid(raise_exception=True)
        user = signed_in(request)
        return _answered_all(services.leave_series(series_id=series_id, attendee=user))


class MyAnswerListView(generics.ListAPIView[Rsvp]):
    queryset = Rsvp.objects.none()
    serializer_class = RsvpSerializer
    filterset_class = RsvpFilter
    swagger_tag = "RSVP"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        user = signed_in(self.request)
        return selectors.answers_of(user).order_by("-event__start_time", "-id")

    @swagger_auto_schema(**openapi.MY_ANSWERS)
    def get(self, request: Request) -> Response:
        """My answers, latest event first; `when=upcoming`: next event first."""
        return self.list(request)


class RecommendedView(EventPages):
    filterset_class = None

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return recommend(signed_in(self.request)).with_details()

    @swagger_auto_schema(**openapi.RECOMMENDED)
    def get(self, request: Request) -> Response:
        """What I might like, best first. At most 100, by my interests and earlier answers."""
        return self.list_events(request)


def _left(request: Request, event_id: int) -> Response:
    return _answered(services.leave_event(event_id=event_id, attendee=signed_in(request)))


def _answered(rsvp: Rsvp, status_code: int = status.HTTP_200_OK) -> Response:
    selectors.add_position(rsvp)
    return Response(RsvpSerializer(rsvp).data, status=status_code)


def _answered_all(outcomes: list[services.Outcome]) -> Response:
    answered = [outcome for outcome in outcomes if not outcome.refusal]
    selectors.add_positions([outcome.rsvp for outcome in answered])
    has_new = any(each.is_new and each.answer and each.rsvp.is_confirmed for each in answered)
    return Response(
        SeriesAnswerSerializer({"results": outcomes}).data,
        status=status.HTTP_201_CREATED if has_new else status.HTTP_200_OK,
    )
