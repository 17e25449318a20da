"""RSVPs over HTTP."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django_filters.utils import translate_validation
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from events.calendar import listed_feed, listed_version
from events.filters import FeedFilter
from events.models import Event
from events.selectors import get_visible
from events.services.series import SeriesCancelled, SeriesOver
from events.views.calendars import CalendarFileView, calendar_answer, unchanged
from events.views.events import EventPages
from rsvp import feeds, permissions, schema, selectors, services
from rsvp.calendar import own_feed, own_version
from rsvp.filters import AttendeeFilter, RsvpFilter
from rsvp.models import Rsvp
from rsvp.recommendations import recommend
from rsvp.serializers import (
    AnswerInputSerializer,
    AttendeeForOwnerSerializer,
    AttendeeSerializer,
    CalendarAddressSerializer,
    RsvpSerializer,
    SeriesAnswerSerializer,
)


class AnswerView(APIView):
    """My answer to one event."""

    throttle_scope = "rsvp"
    swagger_tag = "RSVP"
    swagger_errors = {"POST": [409]}

    @swagger_auto_schema(**schema.MY_ANSWER)
    def get(self, request: Request, event_id: int) -> Response:
        """My answer, or 404."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        return Response(RsvpSerializer(selectors.answer_of(user=user, event=event)).data)

    @swagger_auto_schema(**schema.ANSWER)
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
            rsvp, is_new = services.join_event(**who, guests=guests, may_wait=asked["waitlist"])
        return _answered(rsvp, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class LeaveView(APIView):
    throttle_scope = "rsvp"
    swagger_tag = "RSVP"
    swagger_errors = {"POST": [409]}

    @swagger_auto_schema(**schema.LEAVE)
    def post(self, request: Request, event_id: int) -> Response:
        """Cancel my answer: my seats go to whoever waits first."""
        user = signed_in(request)
        return _answered(services.leave_event(event_id=event_id, attendee=user))


class SeriesAnswerView(APIView):
    throttle_scope = "rsvp"
    swagger_tag = "RSVP"
    swagger_errors = {"POST": [SeriesCancelled, SeriesOver]}

    @swagger_auto_schema(**schema.SERIES_ANSWER)
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
        return _answered_all(services.join_series(**who, guests=guests, may_wait=asked["waitlist"]))


class SeriesLeaveView(APIView):
    throttle_scope = "rsvp"
    swagger_tag = "RSVP"
    swagger_errors = {"POST": [SeriesCancelled, SeriesOver]}

    @swagger_auto_schema(**schema.SERIES_LEAVE)
    def post(self, request: Request, series_id: int) -> Response:
        """Cancel my answers to every date of a series that is to come."""
        user = signed_in(request)
        return _answered_all(services.leave_series(series_id=series_id, attendee=user))


class AttendeeListView(generics.GenericAPIView[Rsvp]):
    """Who comes to an event."""

    queryset = Rsvp.objects.all()
    serializer_class = AttendeeSerializer
    filterset_class = AttendeeFilter
    swagger_tag = "RSVP"
    swagger_errors = {"GET": [403]}

    @swagger_auto_schema(**schema.ATTENDEES)
    def get(self, request: Request, event_id: int) -> Response:
        """Who is going; the owner and admins also see e-mail addresses and who waits."""
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        wanted = self._wanted_status()
        permissions.check_may_see(user, event, wanted)
        page = self.paginate_queryset(selectors.attendees_of(event=event, status=wanted))
        sees_all = permissions.sees_everything(user, event)
        shape = AttendeeForOwnerSerializer if sees_all else AttendeeSerializer
        return self.get_paginated_response(shape(page, many=True).data)

    def _wanted_status(self) -> str:
        asked = AttendeeFilter(self.request.query_params, queryset=Rsvp.objects.none())
        if not asked.is_valid():
            raise translate_validation(asked.errors)
        return str(asked.form.cleaned_data["status"] or Rsvp.Status.GOING)


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

    @swagger_auto_schema(**schema.MY_ANSWERS)
    def get(self, request: Request) -> Response:
        """My answers, latest event first; `when=upcoming`: next event first."""
        return self.list(request)


class RecommendedView(EventPages):
    filterset_class = None

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return recommend(signed_in(self.request)).with_details()

    @swagger_auto_schema(**schema.RECOMMENDED)
    def get(self, request: Request) -> Response:
        """What I might like, best first. At most 100, by my interests and earlier answers."""
        return self.list_events(request)


class CalendarAddressView(APIView):
    swagger_tag = "calendars"
    swagger_errors = {"GET": [feeds.FeedUnreadable]}

    @swagger_auto_schema(**schema.CALENDAR_ADDRESS)
    def get(self, request: Request) -> Response:
        """Where my calendar finds the events that I answered, without a token."""
        return self._answer(request, feeds.secret_of(signed_in(request)))

    @swagger_auto_schema(**schema.CALENDAR_RENEW)
    def post(self, request: Request) -> Response:
        """A new address; what had the old one finds nothing any more."""
        secret = feeds.renew_secret(signed_in(request))
        return self._answer(request, secret, status.HTTP_201_CREATED)

    def _answer(
        self, request: Request, secret: str, status_code: int = status.HTTP_200_OK
    ) -> Response:
        path = reverse("calendar-feed", kwargs={"secret": secret})
        answer = CalendarAddressSerializer({"url": request.build_absolute_uri(path)}).data
        return Response(answer, status=status_code)


class CalendarFeedView(CalendarFileView):
    """Calendars log in nowhere: the address is the secret."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @swagger_auto_schema(**schema.CALENDAR_FEED)
    def get(self, request: Request, secret: str) -> HttpResponse:
        """Where I go, for calendars that look again by themselves.

        With `organizer` or `category`: the published events of theirs instead.
        From a month ago on, at most 500, soonest first. What I wait for or am
        interested in is tentative. Ask with `If-None-Match`.
        """
        person = feeds.person_of(secret)
        asked = FeedFilter(request.query_params, queryset=Event.objects.listed())
        if not asked.is_valid():
            raise translate_validation(asked.errors)
        if name := ", ".join(filter(None, asked.form.cleaned_data.values())):
            listed = asked.qs
            version = listed_version(listed, name=name)
            return unchanged(request, version) or calendar_answer(
                listed_feed(listed, name=name), filename="events.ics", version=version
            )
        version = own_version(person)
        return unchanged(request, version) or calendar_answer(
            own_feed(person), filename="my-events.ics", version=version
        )


def _answered(rsvp: Rsvp, status_code: int = status.HTTP_200_OK) -> Response:
    selectors.add_position(rsvp)
    return Response(RsvpSerializer(rsvp).data, status=status_code)


def _answered_all(outcomes: list[services.Outcome]) -> Response:
    answered = [outcome for outcome in outcomes if not outcome.refusal]
    selectors.add_positions([outcome.rsvp for outcome in answered])
    has_new = any(outcome.is_new and outcome.answer for outcome in answered)
    return Response(
        SeriesAnswerSerializer({"results": outcomes}).data,
        status=status.HTTP_201_CREATED if has_new else status.HTTP_200_OK,
    )
