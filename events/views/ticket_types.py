"""Endpoints of ticket types."""

from typing import Any
from zoneinfo import ZoneInfo

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import signed_in
from core.api.requests import read, read_params
from events import openapi, selectors
from events.exceptions import (
    AmountNeedsCurrency,
    EventCancelled,
    EventEnded,
    EventHasRsvps,
    ImportedEvent,
    PaymentsNotConfigured,
    TicketTypeNotFound,
    TicketTypeSold,
    TooManyTicketTypes,
)
from events.models import Event, TicketType
from events.permissions import OwnersAndAdminsSell
from events.serializers.ticket_types import (
    CodeParams,
    TicketTypeInputSerializer,
    TicketTypeSerializer,
)
from events.serializers.times import instants_in
from events.services import ticket_types as services
from events.services.organizer_role import require_organizer

_NOT_FOR_SALE = [EventCancelled, EventEnded, ImportedEvent]


class TicketTypesView(generics.GenericAPIView[TicketType]):
    permission_classes = [IsAuthenticated, OwnersAndAdminsSell]
    admin_model = TicketType
    serializer_class = TicketTypeSerializer
    swagger_tag = "ticket types and codes"

    def get_event(self) -> Event:
        user = signed_in(self.request)
        event = selectors.get_visible(event_id=self.kwargs["event_id"], user=user)
        self.check_object_permissions(self.request, event)
        return event

    def get_queryset(self) -> Any:
        code: str = read_params(CodeParams, self.request).get("code", "")
        user = signed_in(self.request)
        return selectors.ticket_types(event=self.get_event(), user=user, code=code)

    def read_values(self, event: Event, *, is_change: bool) -> dict[str, Any]:
        values = read(TicketTypeInputSerializer, self.request, partial=is_change)
        return instants_in(values, ZoneInfo(event.timezone))


class TicketTypeListView(TicketTypesView):
    swagger_errors = {
        "POST": [
            403, *_NOT_FOR_SALE, EventHasRsvps, TooManyTicketTypes, PaymentsNotConfigured,
        ]
    }  # fmt: skip

    @swagger_auto_schema(**openapi.TICKET_TYPES)
    def get(self, request: Request, event_id: int) -> Response:
        """List the ticket types of an event, in their order of display.

        Hidden types are listed for the owner and admins, and with a `code` that unlocks them.
        """
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @swagger_auto_schema(**openapi.TICKET_TYPE_ADD)
    def post(self, request: Request, event_id: int) -> Response:
        """Add a ticket type to my event.

        The first one needs an event without seats taken and without a waitlist.
        """
        event = self.get_event()
        user = signed_in(request)
        if event.created_by_id == user.pk:  # admins can add types for a former organizer
            require_organizer(user)
        details = self.read_values(event, is_change=False)
        ticket_type = services.add_ticket_type(event_id=event_id, details=details)
        return Response(self.get_serializer(ticket_type).data, status=status.HTTP_201_CREATED)


class TicketTypeView(TicketTypesView):
    swagger_errors = {
        "PUT": [403, *_NOT_FOR_SALE, PaymentsNotConfigured, AmountNeedsCurrency],
        "PATCH": [403, *_NOT_FOR_SALE, PaymentsNotConfigured, AmountNeedsCurrency],
        "DELETE": [403, *_NOT_FOR_SALE, TicketTypeSold, AmountNeedsCurrency],
    }

    @swagger_auto_schema(**openapi.TICKET_TYPE_READ)
    def get(self, request: Request, event_id: int, type_id: int) -> Response:
        """Get one ticket type; a hidden one needs a `code` that unlocks it."""
        ticket_type = self.get_queryset().filter(pk=type_id).first()
        if ticket_type is None:
            raise TicketTypeNotFound
        return Response(self.get_serializer(ticket_type).data)

    @swagger_auto_schema(**openapi.TICKET_TYPE_CHANGE)
    def patch(self, request: Request, event_id: int, type_id: int) -> Response:
        """Change a ticket type of my event; omitted fields keep their values.

        Tickets that were bought keep their price. More tickets promote waiting parties.
        """
        changes = self.read_values(self.get_event(), is_change=True)
        ticket_type = services.change_ticket_type(
            event_id=event_id, type_id=type_id, changes=changes
        )
        return Response(self.get_serializer(ticket_type).data)

    put = patch

    def delete(self, request: Request, event_id: int, type_id: int) -> Response:
        """Delete a ticket type of my event that nobody has a ticket of."""
        services.delete_ticket_type(event_id=self.get_event().pk, type_id=type_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
