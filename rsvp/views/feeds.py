"""My calendar feed, and its secret address."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.api.requests import read, validated
from core.api.serializers import NoFieldsSerializer
from events.filters import FeedFilter
from events.ical_files import listed_feed, listed_version
from events.models import Event
from events.views.calendars import CalendarFileView, calendar_response, unchanged
from rsvp import openapi
from rsvp.calendar import feeds
from rsvp.calendar.entries import own_feed, own_version
from rsvp.exceptions import FeedUnreadable
from rsvp.serializers.rsvps import CalendarAddressSerializer


class CalendarAddressView(APIView):
    swagger_tag = "calendars"
    holds_secrets = True
    swagger_errors = {"GET": [FeedUnreadable]}

    @swagger_auto_schema(**openapi.CALENDAR_ADDRESS)
    def get(self, request: Request) -> Response:
        """The address of my calendar feed, which needs no token."""
        return self._address(request, feeds.secret_of(signed_in(request)))

    @swagger_auto_schema(**openapi.CALENDAR_RENEW)
    def post(self, request: Request) -> Response:
        """Create a new address for my calendar feed. The old one stops working."""
        read(NoFieldsSerializer, request)
        secret = feeds.renew_secret(signed_in(request))
        return self._address(request, secret, status.HTTP_201_CREATED)

    def _address(
        self, request: Request, secret: str, status_code: int = status.HTTP_200_OK
    ) -> Response:
        path = reverse("calendar-feed", kwargs={"secret": secret})
        serializer = CalendarAddressSerializer({"url": request.build_absolute_uri(path)})
        return Response(serializer.data, status=status_code)


class CalendarFeedView(CalendarFileView):
    """Without authentication, because calendar apps cannot log in: the address is the secret."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @swagger_auto_schema(**openapi.CALENDAR_FEED)
    def get(self, request: Request, secret: str) -> HttpResponse:
        """The events with my RSVP as iCalendar, for calendar apps that refresh by themselves.

        With `organizer` or `category`: their published events instead. At most 500 events from a
        month ago on, soonest first. Events that I wait for or am interested in are tentative.
        Supports `If-None-Match`.
        """
        person = feeds.person_of(secret)
        filters = validated(FeedFilter(request.query_params, Event.objects.listed()))
        if name := ", ".join(filter(None, filters.form.cleaned_data.values())):
            listed = filters.qs
            version = listed_version(listed, name=name)
            return unchanged(request, version) or calendar_response(
                listed_feed(listed, name=name), filename="events.ics", version=version
            )
        version = own_version(person)
        return unchanged(request, version) or calendar_response(
            own_feed(person), filename="my-events.ics", version=version
        )
