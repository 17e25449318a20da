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
from core.api.serializers import NoFieldsSerializer
from core.content_security import page
from notifications import kinds, openapi, selectors, services
from notifications.exceptions import DeviceOfAnotherAccount
from notifications.filters import NotificationFilter
from notifications.kinds import Channel, NotificationKind
from notifications.models import Device, Notification
from notifications.serializers import (
    DeviceInputSerializer,
    DeviceSerializer,
    NotificationSerializer,
    PreferencesSerializer,
    UnsubscribedSerializer,
)
from notifications.unsubscribe import read_token


class NotificationListView(generics.ListAPIView[Notification]):
    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    swagger_tag = "notifications"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.notifications_of(_me(self.request))

    @swagger_auto_schema(**openapi.NOTIFICATIONS)
    def get(self, request: Request) -> Response:
        """What I was told, newest first, whatever my preferences.

        Only what is for the mailbox alone is not here: links that verify an address or
        reset the password.
        """
        return self.list(request)


class ReadView(APIView):
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.READ)
    def post(self, request: Request, notification_id: int) -> Response:
        """Mark it as read; reading it again changes nothing."""
        NoFieldsSerializer(data=request.data).is_valid(raise_exception=True)
        read = services.mark_read(notification_id=notification_id, user_id=_me(request))
        return Response(NotificationSerializer(read).data)


class PreferencesView(APIView):
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.PREFERENCES)
    def get(self, request: Request) -> Response:
        """What I want to hear, by which ways, and when not."""
        return self._answer(request)

    @swagger_auto_schema(**openapi.PREFERENCES_CHANGE)
    def put(self, request: Request) -> Response:
        """Change what I want to hear; what is left out stays as it is."""
        return self._change(request)

    @swagger_auto_schema(**openapi.PREFERENCES_CHANGE)
    def patch(self, request: Request) -> Response:
        """Change what I want to hear; what is left out stays as it is."""
        return self._change(request)

    def _change(self, request: Request) -> Response:
        serializer = PreferencesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.set_preferences(user_id=_me(request), changes=serializer.validated_data)
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        return Response(PreferencesSerializer(selectors.wishes_of(_me(request))).data)


class DeviceListView(generics.ListAPIView[Device]):
    queryset = Device.objects.none()
    serializer_class = DeviceSerializer
    swagger_tag = "notifications"
    swagger_errors = {"POST": [DeviceOfAnotherAccount]}

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Device.objects.filter(user=_me(self.request)).order_by("-id")

    @swagger_auto_schema(**openapi.DEVICES)
    def get(self, request: Request) -> Response:
        """Where push messages reach me, newest first."""
        return self.list(request)

    @swagger_auto_schema(**openapi.DEVICE_ADD)
    def post(self, request: Request) -> Response:
        """Register this device for push messages until the session ends. A token that is already
        registered returns 200."""
        serializer = DeviceInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        device, is_new = services.add_device(
            user_id=_me(request), session_id=_session(request), **serializer.validated_data
        )
        status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(DeviceSerializer(device).data, status=status_code)


class DeviceView(APIView):
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.DEVICE_REMOVE)
    def delete(self, request: Request, device_id: int) -> Response:
        """No more push messages to this device."""
        services.remove_device(device_id=device_id, user_id=_me(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class UnsubscribePage(TemplateHTMLRenderer):
    template_name = "notifications/unsubscribe.html"

    def get_template_context(self, data: Any, renderer_context: Any) -> dict[str, Any]:
        return {**data, "kind": kinds.get(data["kind"])}


@method_decorator(csp(page(script_src=[NONE])), name="dispatch")
class UnsubscribeView(APIView):
    """One click (RFC 8058). Looking changes nothing: mail scanners follow every link.

    The body is never read, so that no way of writing it can be wrong: the
    token says all. Programs get JSON, browsers a page; errors are problems
    for both.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes: list[Any] = []  # mail providers click for many people from few addresses
    renderer_classes = [JSONRenderer, UnsubscribePage]
    swagger_tag = "notifications"

    @swagger_auto_schema(**openapi.UNSUBSCRIBE_LOOK)
    def get(self, request: Request, token: str) -> Response:
        """Whether mails of the link's kind still come. In a browser: a page with a button."""
        user_id, kind = read_token(token)
        wishes = selectors.channel_wishes([user_id])[user_id]
        return self._answer(kind, unsubscribed=not wishes.wants(kind.name, Channel.EMAIL))

    @swagger_auto_schema(**openapi.UNSUBSCRIBE)
    def post(self, request: Request, token: str) -> Response:
        """No more mails of the link's kind."""
        return self._answer(services.unsubscribe(token=token), unsubscribed=True)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Nobody stays subscribed for an Accept that we cannot meet: they get JSON."""
        return super().perform_content_negotiation(request, force=True)

    def handle_exception(self, exc: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)

    def _answer(self, kind: NotificationKind[Any], *, unsubscribed: bool) -> Response:
        state = {"kind": kind.name, "channel": Channel.EMAIL, "unsubscribed": unsubscribed}
        return Response(UnsubscribedSerializer(state).data)


def _me(request: Request) -> int:
    """Who is asking, where permissions let nobody in without a token."""
    assert request.user.pk is not None
    return request.user.pk


def _session(request: Request) -> int:
    """Return the id of the session in the token."""
    return int(request.auth["sid"])  # type: ignore[index]
