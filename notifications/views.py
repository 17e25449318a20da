"""Notifications, preferences and devices over HTTP."""

from typing import Any

from csp.constants import NONE
from csp.decorators import csp
from django.utils.decorators import method_decorator
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.json import JSONRenderer
from core.api.requests import read, validated
from core.api.serializers import NoFieldsSerializer
from core.content_security import page
from notifications import kinds, openapi, selectors, serializers, services
from notifications.exceptions import DeviceOfAnotherAccount
from notifications.filters import NotificationFilter
from notifications.kinds import Channel, NotificationKind
from notifications.models import Device, Notification
from notifications.unsubscribe import read_token


class NotificationListView(generics.ListAPIView[Notification]):
    queryset = Notification.objects.none()
    serializer_class = serializers.NotificationSerializer
    filterset_class = NotificationFilter
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.NOTIFICATIONS)
    def get(self, request: Request) -> Response:
        """List my notifications, newest first, whatever my preferences.

        Messages with a link or code for my account are not listed: they are only sent.
        """
        filters = validated(NotificationFilter(request.query_params, Notification.objects.none()))
        query = selectors.listed_notifications(unread=filters.params["unread"])
        rows: Any = self.paginate_queryset(query.of(reader=_me(request)))
        deliveries = selectors.deliveries_of([pk for pk, *_ in rows])
        assert request.user.is_authenticated
        zone = request.user.timezone
        return self.get_paginated_response(
            [serializers.notification_body(row, deliveries[row[0]], zone) for row in rows]
        )


class ReadView(APIView):
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.READ)
    def post(self, request: Request, notification_id: int) -> Response:
        """Mark a notification as read. A second request changes nothing."""
        read(NoFieldsSerializer, request)
        notification = services.mark_read(notification_id=notification_id, user_id=_me(request))
        return Response(serializers.NotificationSerializer(notification).data)


class ReadAllView(APIView):
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.READ_ALL)
    def post(self, request: Request) -> Response:
        """Mark all my notifications as read. A second request changes nothing."""
        read(NoFieldsSerializer, request)
        services.mark_all_read(user_id=_me(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PreferencesView(APIView):
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.PREFERENCES)
    def get(self, request: Request) -> Response:
        """Get my channels, reminders and quiet hours."""
        return self._response(request)

    @swagger_auto_schema(**openapi.PREFERENCES_CHANGE)
    def patch(self, request: Request) -> Response:
        """Change my preferences. Fields that are left out don't change."""
        changes = read(serializers.PreferencesSerializer, request)
        services.set_preferences(user_id=_me(request), changes=changes)
        return self._response(request)

    put = patch

    def _response(self, request: Request) -> Response:
        return Response(serializers.preferences_body(selectors.preferences_of(_me(request))))


class DeviceListView(generics.ListAPIView[Device]):
    queryset = Device.objects.none()
    serializer_class = serializers.DeviceSerializer
    swagger_tag = "notifications"
    holds_secrets = True  # push tokens, which end with the session
    swagger_errors = {"POST": [DeviceOfAnotherAccount]}

    def get_queryset(self) -> Any:
        return Device.objects.filter(user=self.request.user.pk).order_by("-id")

    @swagger_auto_schema(**openapi.DEVICES)
    def get(self, request: Request) -> Response:
        """List my devices for push messages, newest first."""
        return self.list(request)

    @swagger_auto_schema(**openapi.DEVICE_ADD)
    def post(self, request: Request) -> Response:
        """Register this device for push messages until the session ends.

        A token that is already registered returns 200.
        """
        params = read(serializers.DeviceInputSerializer, request)
        device, is_new = services.add_device(
            user_id=_me(request), session_id=_session(request), **params
        )
        status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(serializers.DeviceSerializer(device).data, status=status_code)


class DeviceView(APIView):
    swagger_tag = "notifications"

    def delete(self, request: Request, device_id: int) -> Response:
        """Stop push messages to this device."""
        services.remove_device(device_id=device_id, user_id=_me(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class UnsubscribePage(TemplateHTMLRenderer):
    template_name = "notifications/unsubscribe.html"

    def get_template_context(self, data: Any, renderer_context: Any) -> dict[str, Any]:
        return {**data, "kind": kinds.get(data["kind"])}


@method_decorator(csp(page(script_src=[NONE])), name="dispatch")
class UnsubscribeView(APIView):
    """Unsubscribe with one click (RFC 8058). GET changes nothing: mail scanners follow every link.

    The body is never read, so that no format of it is an error. Programs get JSON, browsers a page.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []  # mail providers request for many people from few addresses
    renderer_classes = [JSONRenderer, UnsubscribePage]
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.UNSUBSCRIBE_LOOK)
    def get(self, request: Request, token: str) -> Response:
        """Get whether mails of the link's kind are off. Browsers get a page with a button."""
        user_id, kind = read_token(token)
        preferences = selectors.preferences_by_user([user_id])[user_id]
        return self._response(kind, unsubscribed=not preferences.wants(kind.name, Channel.EMAIL))

    @swagger_auto_schema(**openapi.UNSUBSCRIBE)
    def post(self, request: Request, token: str) -> Response:
        """Turn off mails of the link's kind."""
        return self._response(services.unsubscribe(token=token), unsubscribed=True)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Return JSON for an Accept that is not supported, so that unsubscribing always works."""
        return super().perform_content_negotiation(request, force=True)

    def handle_exception(self, exc: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)

    def _response(self, kind: NotificationKind[Any], *, unsubscribed: bool) -> Response:
        state = {"kind": kind.name, "channel": Channel.EMAIL, "unsubscribed": unsubscribed}
        return Response(serializers.UnsubscribedSerializer(state).data)


def _me(request: Request) -> int:
    assert request.user.pk is not None
    return request.user.pk


def _session(request: Request) -> int:
    return int(request.auth["sid"])  # type: ignore[index]
