"""Endpoints of helpers."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import signed_in
from core.api.requests import read
from events import openapi, selectors
from events.exceptions import EventCancelled, TooManyHelpers
from events.models import Event, Helper
from events.permissions import OwnersAndAdmins
from events.serializers.helpers import HelperInputSerializer, HelperSerializer
from events.services.helpers import add_helper, remove_helper
from events.services.organizer_role import require_organizer


class HelpersView(generics.GenericAPIView[Helper]):
    permission_classes = [IsAuthenticated, OwnersAndAdmins]
    admin_model = Helper
    serializer_class = HelperSerializer
    swagger_tag = "check-in"

    def get_event(self) -> Event:
        user = signed_in(self.request)
        event = selectors.get_visible(event_id=self.kwargs["event_id"], user=user)
        self.check_object_permissions(self.request, event)
        return event


class HelperListView(HelpersView):
    swagger_errors = {"GET": [403], "POST": [403, EventCancelled, TooManyHelpers]}

    @swagger_auto_schema(**openapi.HELPERS)
    def get(self, request: Request, event_id: int) -> Response:
        """List the helpers of my event, in the order in which they were added."""
        helpers = Helper.objects.filter(event=self.get_event()).select_related("user")
        page = self.paginate_queryset(helpers.order_by("pk"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @swagger_auto_schema(**openapi.HELPER_ADD)
    def post(self, request: Request, event_id: int) -> Response:
        """Add a helper to my event, who can see its attendees and check them in.

        The status is 200 if the person already was a helper.
        """
        event = self.get_event()
        user = signed_in(request)
        if event.created_by_id == user.pk:  # admins can add helpers for a former organizer
            require_organizer(user)
        params = read(HelperInputSerializer, request)
        helper, is_new = add_helper(event_id=event.pk, **params)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(HelperSerializer(helper).data, status=code)


class HelperView(HelpersView):
    swagger_errors = {"DELETE": [403]}

    def delete(self, request: Request, event_id: int, user_id: int) -> Response:
        """Remove a helper from my event."""
        remove_helper(event_id=self.get_event().pk, user_id=user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
