"""Endpoints of discount codes."""

from typing import Any
from zoneinfo import ZoneInfo

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import signed_in
from core.api.requests import read
from events import openapi, selectors
from events.exceptions import (
    CodeInUse,
    CodeNotFound,
    EventCancelled,
    EventEnded,
    ImportedEvent,
    TooManyCodes,
)
from events.models import DiscountCode, Event
from events.permissions import CodesForOwnersAndAdmins
from events.serializers.codes import DiscountCodeInputSerializer, DiscountCodeSerializer
from events.serializers.times import instants_in
from events.services import codes as services

_NOT_FOR_SALE = [EventCancelled, EventEnded, ImportedEvent]


class CodesView(generics.GenericAPIView[DiscountCode]):
    permission_classes = [IsAuthenticated, CodesForOwnersAndAdmins]
    admin_model = DiscountCode
    serializer_class = DiscountCodeSerializer
    swagger_tag = "ticket types and codes"

    def get_event(self) -> Event:
        user = signed_in(self.request)
        event = selectors.get_visible(event_id=self.kwargs["event_id"], user=user)
        self.check_object_permissions(self.request, event)
        return event

    def read_values(self, event: Event, *, is_change: bool) -> dict[str, Any]:
        values = read(DiscountCodeInputSerializer, self.request, partial=is_change)
        return instants_in(values, ZoneInfo(event.timezone))

    def body_of(self, event: Event, code_id: int) -> Any:
        code = selectors.codes(event).filter(pk=code_id).first()
        if code is None:
            raise CodeNotFound
        return self.get_serializer(code).data


class CodeListView(CodesView):
    swagger_errors = {"GET": [403], "POST": [403, *_NOT_FOR_SALE, TooManyCodes]}

    @swagger_auto_schema(**openapi.CODES)
    def get(self, request: Request, event_id: int) -> Response:
        """List the codes of my event, oldest first."""
        page = self.paginate_queryset(selectors.codes(self.get_event()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @swagger_auto_schema(**openapi.CODE_ADD)
    def post(self, request: Request, event_id: int) -> Response:
        """Add a code to my event: a discount, a key to hidden ticket types, or both."""
        event = self.get_event()
        details = self.read_values(event, is_change=False)
        code = services.add_code(event_id=event_id, details=details)
        return Response(self.body_of(event, code.pk), status=status.HTTP_201_CREATED)


class CodeView(CodesView):
    swagger_errors = {
        "GET": [403],
        "PUT": [403, *_NOT_FOR_SALE],
        "PATCH": [403, *_NOT_FOR_SALE],
        "DELETE": [403, *_NOT_FOR_SALE, CodeInUse],
    }

    @swagger_auto_schema(**openapi.CODE_READ)
    def get(self, request: Request, event_id: int, code_id: int) -> Response:
        """Get one code of my event."""
        return Response(self.body_of(self.get_event(), code_id))

    @swagger_auto_schema(**openapi.CODE_CHANGE)
    def patch(self, request: Request, event_id: int, code_id: int) -> Response:
        """Change a code of my event; omitted fields keep their values."""
        event = self.get_event()
        changes = self.read_values(event, is_change=True)
        services.change_code(event_id=event_id, code_id=code_id, changes=changes)
        return Response(self.body_of(event, code_id))

    put = patch

    def delete(self, request: Request, event_id: int, code_id: int) -> Response:
        """Delete a code of my event that nobody has used."""
        services.delete_code(event_id=self.get_event().pk, code_id=code_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
