"""API views of numbers."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import signed_in
from analytics import openapi, selectors
from analytics.event_files import event_file
from analytics.exceptions import NumbersHidden
from analytics.filters import OverviewFilter, PeriodFilter
from analytics.permissions import OrganizersAndAdmins, check_may_see_numbers
from analytics.serializers import EventNumbersSerializer, OverviewSerializer, PopularSerializer
from core.api.requests import validated
from core.errors import Busy
from events.models import Event
from events.selectors import get_visible


class _Numbers:
    """Mixin with a rate limit of its own, because numbers cost more than other reads."""

    throttle_scope = "analytics"
    throttle_safe_methods = True
    swagger_tag = "analytics"


class OverviewView(_Numbers, APIView):
    permission_classes = [IsAuthenticated, OrganizersAndAdmins]
    swagger_errors = {"GET": [400, 403, Busy]}

    @swagger_auto_schema(**openapi.OVERVIEW)
    def get(self, request: Request) -> HttpResponseBase:
        """The numbers of my events, or of all events for admins who see all.

        `date_from` and `date_to` choose the events that start in these days, with cancelled events
        and without drafts. `answers_per_day` and `revenue.per_day` count the RSVPs, payments and
        refunds made in these days, whenever the event is: up to today, at most the last 366 days,
        and 30 without a first day.
        """
        user = signed_in(request)
        events = selectors.events_seen_by(user)
        filters = validated(OverviewFilter(request.query_params, events))
        period = filters.period(user.timezone)
        if filters.form.cleaned_data["format"] == "csv":
            after = filters.form.cleaned_data["after"]
            return event_file(request, filters.qs, period, after=after)
        return Response(OverviewSerializer(selectors.overview(filters.qs, period)).data)


class EventNumbersView(_Numbers, APIView):
    swagger_errors = {"GET": [400, NumbersHidden]}

    @swagger_auto_schema(**openapi.OF_EVENT)
    def get(self, request: Request, event_id: int) -> Response:
        """The numbers of my event, with arrivals by time and revenue by ticket type.

        `date_from` and `date_to` choose the days of `answers_per_day` and `revenue.per_day`, as in
        the overview; all other numbers are of the whole event.
        """
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        check_may_see_numbers(user, event)
        filters = validated(PeriodFilter(request.query_params, Event.objects.none()))
        numbers = selectors.of_event(event, filters.period(user.timezone))
        return Response(EventNumbersSerializer(numbers).data)


class PopularView(_Numbers, generics.GenericAPIView[Event]):
    queryset = Event.objects.none()
    serializer_class = PopularSerializer
    permission_classes = [IsAuthenticated, OrganizersAndAdmins]
    filter_backends: list[Any] = []
    swagger_errors = {"GET": [403]}

    @swagger_auto_schema(**openapi.POPULAR)
    def get(self, request: Request) -> Response:
        """The most popular future events of all organizers. At most 100.

        The order may be a minute old; the counts are current.
        """
        page = self.paginate_queryset(selectors.popular_events())
        assert page is not None
        rows = [selectors.row_of(event) for event in page]
        return self.get_paginated_response(PopularSerializer(rows, many=True).data)
