"""Accounts over HTTP."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import schema, services
from accounts.authentication import signed_in
from accounts.serializers import (
    LoginSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegisterSerializer,
    TokensSerializer,
)


class OpenView(APIView):
    """Needs no token, and a stale one in the header is no error."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    swagger_tag = "accounts"


class RegisterView(OpenView):
    throttle_scope = "register"

    @swagger_auto_schema(**schema.REGISTER)
    def post(self, request: Request) -> Response:
        """Open an account. `is_organizer` lets it create events."""
        serializer = RegisterSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = services.register(**serializer.validated_data)
        return Response(RegisterSerializer(user).data, status=status.HTTP_201_CREATED)


class LoginView(OpenView):
    throttle_scope = "login"
    swagger_errors = {"POST": [401]}

    @swagger_auto_schema(**schema.LOGIN)
    def post(self, request: Request) -> Response:
        """Sign in by name or e-mail address."""
        serializer = LoginSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        credentials = serializer.validated_data
        tokens = services.log_in(login=credentials["username"], password=credentials["password"])
        return Response(TokensSerializer(tokens).data)


class RefreshView(OpenView):
    throttle_scope = "refresh"
    swagger_errors = {"POST": [401]}

    @swagger_auto_schema(**schema.REFRESH)
    def post(self, request: Request) -> Response:
        """Swap a refresh token for new tokens. Using one twice ends its session."""
        serializer = RefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tokens = services.refresh_tokens(refresh=serializer.validated_data["refresh"])
        return Response(TokensSerializer(tokens).data)


class LogoutView(APIView):
    swagger_tag = "accounts"

    @swagger_auto_schema(**schema.LOGOUT)
    def post(self, request: Request) -> Response:
        """End this session: its access and refresh tokens stop working at once."""
        services.end_session(session_id=request.auth["sid"])  # type: ignore[index]
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProfileView(APIView):
    swagger_tag = "accounts"

    @swagger_auto_schema(**schema.PROFILE)
    def get(self, request: Request) -> Response:
        """My profile."""
        return Response(ProfileSerializer(signed_in(request)).data)

    @swagger_auto_schema(**schema.PROFILE_CHANGE)
    def put(self, request: Request) -> Response:
        """Change my profile; fields left out stay as they are."""
        return self._change(request)

    @swagger_auto_schema(**schema.PROFILE_CHANGE)
    def patch(self, request: Request) -> Response:
        """Change my profile; fields left out stay as they are."""
        return self._change(request)

    def _change(self, request: Request) -> Response:
        user = signed_in(request)
        serializer = ProfileSerializer(user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        user = services.update_profile(user=user, changes=serializer.validated_data)
        return Response(ProfileSerializer(user).data)
