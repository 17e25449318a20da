"""Endpoints of events."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import signed_in
from accounts.exceptions import EmailNotVerified
from core.api.conditional import respond
from core.api.deprecation import DeprecatesParameters
from core.api.json import JSONParser
from core.api.requests import read, read_params
from core.images.folders import StorageUnavailable
from core.images.uploads import TooBusy
from core.ratelimit.throttles import UploadsCount
from events import cards, openapi, selectors
from events.exceptions import EventEnded, TooManyOpenEvents
from events.filters import EventFilter
from events.models import Event
from events.permissions import OrganizersWrite, OwnersWrite
from events.search.pages import EventPagination
from events.serializers import events as serializers
from events.serializers.series import ScopeSerializer
from events.series import scopes
from events.series.scopes import Scope
from events.services import banners


class EventPages(generics.GenericAPIView[Event]):
    """Lists of events with the extras of upper apps."""

    serializer_class = serializers.EventSerializer
    filterset_class: Any = EventFilter
    pagination_class = EventPagination
    paginator: EventPagination
    swagger_tag = "events"

    queryset = Event.objects.none()  # for Swagger

    def list_events(self, listing: Any) -> Response:
        rows: Any = self.paginate_queryset(listing)
        page = (rows, self.paginator.count, self.paginator.has_next)
        return respond(
            self.request,
            page,
            lambda: self.get_paginated_response(cards.bodies(rows, base=base_of(self.request))),
        )


class EventListView(DeprecatesParameters, UploadsCount, EventPages):
    permission_classes = [IsAuthenticated, OrganizersWrite]
    parser_classes = [JSONParser, MultiPartParser]
    swagger_errors = {
        "POST": [403, EmailNotVerified, TooManyOpenEvents, StorageUnavailable, TooBusy]
    }

    @swagger_auto_schema(**openapi.EVENT_LIST)
    def get(self, request: Request) -> Response:
        """List events. Default: published events that have not ended, soonest first."""
        return self.list_events(EventFilter.of(request).listing)

    @swagger_auto_schema(**openapi.EVENT_CREATE)
    def post(self, request: Request) -> Response:
        """Create an event, or a series (organizers). Drafts are visible to you only.

        For a series, the response is its first date.
        """
        with banners.stored(read(serializers.EventInputSerializer, request)) as details:
            event = scopes.create(organizer=signed_in(request), details=details)
        return Response(_event_body(event.pk, request), status=status.HTTP_201_CREATED)


class EventView(UploadsCount, generics.GenericAPIView[Event]):
    permission_classes = [IsAuthenticated, OwnersWrite]
    parser_classes = [JSONParser, MultiPartParser]
    swagger_tag = "events"
    swagger_errors = {
        "PUT": [403, EventEnded, StorageUnavailable, TooBusy],
        "PATCH": [403, EventEnded, StorageUnavailable, TooBusy],
        "DELETE": [400, 403, EventEnded],
    }

    def get_object(self) -> Event:
        user = signed_in(self.request)
        event = selectors.get_visible(
            event_id=self.kwargs["event_id"], user=user, with_details=True
        )
        self.check_object_permissions(self.request, event)
        return event

    @swagger_auto_schema(**openapi.EVENT_READ)
    def get(self, request: Request, event_id: int) -> Response:
        """Get one event. Everybody can read cancelled events, only owners their drafts."""
        row = cards.visible_row(event_id=event_id, reader=signed_in(request))
        return respond(request, row, lambda: Response(_body(row, request)))

    @swagger_auto_schema(**openapi.EVENT_CHANGE)
    def patch(self, request: Request, event_id: int) -> Response:
        """Change my event; omitted fields keep their values.

        `start_time` alone keeps the length. `status: cancelled` cancels the event. Before the
        start, `status: published` reverts that. After the end, only the description can be changed.
        """
        event = self.get_object()
        with banners.stored(read(serializers.EventChangeSerializer, request, event)) as changes:
            scopes.update(event_id=event.pk, scope=_read_scope(request), changes=changes)
        return Response(_event_body(event_id, request))

    put = patch

    @swagger_auto_schema(**openapi.EVENT_DELETE)
    def delete(self, request: Request, event_id: int) -> Response:
        """Delete my event. It disappears from the API. Past events can't be deleted."""
        scopes.delete(event_id=self.get_object().pk, scope=_read_scope(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EventCopyView(EventView):
    permission_classes = [IsAuthenticated, OrganizersWrite, OwnersWrite]
    http_method_names = ["post"]
    swagger_errors = {
        "POST": [403, EmailNotVerified, TooManyOpenEvents, StorageUnavailable, TooBusy]
    }

    @swagger_auto_schema(**openapi.EVENT_COPY)
    def post(self, request: Request, event_id: int) -> Response:
        """Copy my event to a draft with the same content, except for the fields in the body."""
        source = self.get_object()
        with banners.stored(read(serializers.EventCopySerializer, request, source)) as changes:
            event = scopes.copy(event_id=event_id, organizer=signed_in(request), changes=changes)
        return Response(_event_body(event.pk, request), status=status.HTTP_201_CREATED)


def _read_scope(request: Request) -> Scope:
    return Scope(read_params(ScopeSerializer, request)["scope"])


def base_of(request: Request) -> str:
    """Return the URL by which the client reached us, which those of pictures start with."""
    return f"{request.scheme}://{request.get_host()}/"


def _event_body(event_id: int, request: Request) -> cards.Body:
    return _body(cards.visible_row(event_id=event_id, reader=signed_in(request)), request)


def _body(row: cards.Row, request: Request) -> cards.Body:
    [body] = cards.bodies([row], base=base_of(request))
    return body
