"""Events over HTTP."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import signed_in
from accounts.selectors import EmailNotVerified
from events import schema, selectors
from events.filters import EventFilter
from events.models import Event
from events.permissions import OrganizersWrite, OwnersWrite
from events.search.pages import EventPagination
from events.serializers.events import EventChangeSerializer, EventInputSerializer, EventSerializer
from events.services import events as services


class EventPages(generics.GenericAPIView[Event]):
    """Lists of events, each with what the upper floors show on it."""

    serializer_class = EventSerializer
    filterset_class: Any = EventFilter
    pagination_class = EventPagination
    swagger_tag = "events"

    def get_queryset(self) -> Any:
        return Event.objects.with_details()

    def list_events(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        selectors.add_extras(page, user=signed_in(request))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class EventListView(EventPages):
    permission_classes = [IsAuthenticated, OrganizersWrite]
    swagger_errors = {"POST": [403, EmailNotVerified]}

    @swagger_auto_schema(**schema.EVENT_LIST)
    def get(self, request: Request) -> Response:
        """Find events: the published ones that have not ended, soonest first."""
        return self.list_events(request)

    @swagger_auto_schema(**schema.EVENT_CREATE)
    def post(self, request: Request) -> Response:
        """Create an event (organizers). `status: draft` keeps it to yourself."""
        serializer = EventInputSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        event = services.create_event(
            organizer=signed_in(request),
            details=serializer.validated_data,
        )
        return Response(_shown(event, request), status=status.HTTP_201_CREATED)


class EventView(generics.GenericAPIView[Event]):
    permission_classes = [IsAuthenticated, OwnersWrite]
    swagger_tag = "events"
    swagger_errors = {"PUT": [403, 409], "PATCH": [403, 409], "DELETE": [403]}

    def get_object(self) -> Event:
        user = signed_in(self.request)
        event = selectors.get_visible(
            event_id=self.kwargs["event_id"], user=user, with_details=True
        )
        self.check_object_permissions(self.request, event)
        return event

    @swagger_auto_schema(**schema.EVENT_READ)
    def get(self, request: Request, event_id: int) -> Response:
        """One event. Cancelled ones stay readable, drafts are their owner's."""
        return Response(_shown(self.get_object(), request))

    @swagger_auto_schema(**schema.EVENT_CHANGE)
    def put(self, request: Request, event_id: int) -> Response:
        """Change my event; fields left out stay. `status: cancelled` is final."""
        return self._change(request)

    @swagger_auto_schema(**schema.EVENT_CHANGE)
    def patch(self, request: Request, event_id: int) -> Response:
        """Change my event; fields left out stay. `status: cancelled` is final."""
        return self._change(request)

    def _change(self, request: Request) -> Response:
        event = self.get_object()
        serializer = EventChangeSerializer(event, data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        services.update_event(event_id=event.pk, changes=serializer.validated_data)
        return Response(_shown(self.get_object(), request))

    def delete(self, request: Request, event_id: int) -> Response:
        """Delete my event: gone from the API, kept for the records."""
        services.delete_event(event_id=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(event: Event, request: Request) -> Any:
    selectors.add_extras([event], user=signed_in(request))
    return EventSerializer(event, context={"request": request}).data
