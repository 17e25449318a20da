"""Numbers over HTTP."""

from typing import Any

from django.http.response import HttpResponseBase
from django_filters.utils import translate_validation
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
from core.errors import Busy
from events.models import Event
from events.selectors import get_visible


class _Numbers:
    """They cost more than other reads, so they have a limit of their own."""

    throttle_scope = "analytics"
    throttle_safe_methods = True
    swagger_tag = "analytics"


class OverviewView(_Numbers, APIView):
    permission_classes = [IsAuthenticated, OrganizersAndAdmins]
    swagger_errors = {"GET": [400, 403, Busy]}

    @swagger_auto_schema(**openapi.OVERVIEW)
    def get(self, request: Request) -> HttpResponseBase:
        """What became of my events; of everybody's, for admins who see all.

        With days: of the events that start in them, drafts never, cancelled ones too.
        `answers_per_day` is of the answers made in these days, whenever the event is: up to
        today, the last 366 at most, and 30 where no first day is given.
        """
        user = signed_in(request)
        asked = OverviewFilter(request.query_params, selectors.events_seen_by(user))
        if not asked.is_valid():
            raise translate_validation(asked.errors)
        period = asked.period(user.timezone)
        if asked.form.cleaned_data["format"] == "csv":
            after = asked.form.cleaned_data["after"]
            return event_file(request, asked.qs, period, after=after)
        return Response(OverviewSerializer(selectors.overview(asked.qs, period)).data)


class EventNumbersView(_Numbers, APIView):
    swagger_errors = {"GET": [400, NumbersHidden]}

    @swagger_auto_schema(**openapi.OF_EVENT)
    def get(self, request: Request, event_id: int) -> Response:
        """What became of my event, and who came when.

        The days choose what `answers_per_day` tells, as in the overview; all else is of the
        whole event.
        """
        user = signed_in(request)
        event = get_visible(event_id=event_id, user=user)
        check_may_see_numbers(user, event)
        asked = PeriodFilter(request.query_params, Event.objects.none())
        if not asked.is_valid():
            raise translate_validation(asked.errors)
        told = selectors.of_event(event, asked.period(user.timezone))
        return Response(EventNumbersSerializer(told).data)


class PopularView(_Numbers, generics.GenericAPIView[Event]):
    queryset = Event.objects.none()
    serializer_class = PopularSerializer
    permission_classes = [IsAuthenticated, OrganizersAndAdmins]
    filter_backends: list[Any] = []
    swagger_errors = {"GET": [403]}

    @swagger_auto_schema(**openapi.POPULAR)
    def get(self, request: Request) -> Response:
        """What draws most people now, of everybody's events to come. At most 100.

        The order may be a minute old, the counts are not.
        """
        page = self.paginate_queryset(selectors.popular_events())
        assert page is not None
        rows = [selectors.row_of(event) for event in page]
        return self.get_paginated_response(PopularSerializer(rows, many=True).data)
