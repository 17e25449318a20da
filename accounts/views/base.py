"""Base classes and shared functions of the views of accounts."""

from typing import Any

from rest_framework import generics
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import caller, session_id
from accounts.serializers.login import SecondFactorNeededSerializer, TokensSerializer
from accounts.services.login import SecondFactor
from accounts.services.sessions import Tokens


class AccountView(APIView):
    swagger_tag = "accounts"
    holds_secrets = True  # passwords, tokens, codes, or effects on one session


class OpenView(AccountView):
    """Needs no token, and ignores an expired one in the header."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]


class OwnListView(generics.ListAPIView[Any]):
    """Lists the user's own rows of `queryset`."""

    filter_backends: list[Any] = []
    swagger_tag = "accounts"
    holds_secrets = True

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(user=self.request.user.pk)


def session_args(request: Request) -> dict[str, Any]:
    """Return the arguments of services that act in the user's session."""
    return {"session_id": session_id(request), "caller": caller(request)}


def login_response(outcome: Tokens | SecondFactor) -> Response:
    """Respond 200 with tokens, or 202 if the login waits for the second factor."""
    if isinstance(outcome, Tokens):
        return Response(TokensSerializer(outcome).data)
    body = {"code": "mfa_required", **vars(outcome)}
    return Response(SecondFactorNeededSerializer(body).data, status=202)
