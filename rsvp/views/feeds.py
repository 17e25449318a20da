"""My calendar, at an address of its own."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django_filters.utils import translate_validation
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from core.api.serializers import NoFieldsSerializer
from events.calendar import listed_feed, listed_version
from events.filters import FeedFilter
from events.models import Event
from events.views.calendars import CalendarFileView, calendar_answer, unchanged
from rsvp import openapi
from rsvp.calendar import feeds
from rsvp.calendar.entries import own_feed, own_version
from rsvp.exceptions import FeedUnreadable
from rsvp.serializers.rsvps import CalendarAddressSerializer


class CalendarAddressView(APIView):
    swagger_tag = "calendars"
    swagger_errors = {"GET": [FeedUnreadable]}

    @swagger_auto_schema(**openapi.CALENDAR_ADDRESS)
    def get(self, request: Request) -> Response:
        """Where my calendar finds the events that I answered, without a token."""
        return self._answer(request, feeds.secret_of(signed_in(request)))

    @swagger_auto_schema(**openapi.CALENDAR_RENEW)
    def post(self, request: Request) -> Response:
        """A new address; what had the old one finds nothing any more."""
        NoFieldsSerializer(data=request.data).is_valid(raise_exception=True)
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

    @swagger_auto_schema(**openapi.CALENDAR_FEED)
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
