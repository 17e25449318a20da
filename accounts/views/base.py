"""What the views of accounts share."""

from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers.login import SecondFactorNeededSerializer, TokensSerializer
from accounts.services.login import SecondFactor
from accounts.services.sessions import Tokens
from core.api.serializers import BaseSerializer


class OpenView(APIView):
    """Needs no token, and a stale one in the header is no error."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    swagger_tag = "accounts"


def read(serializer_class: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """The body, checked. Raises ValidationError."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def let_in(outcome: Tokens | SecondFactor) -> Response:
    """200 with tokens, or 202 where the second factor is still to come."""
    if isinstance(outcome, Tokens):
        return Response(TokensSerializer(outcome).data)
    needed = {
        "code": "mfa_required",
        "types": outcome.types,
        "session_token": outcome.session_token,
    }
    return Response(SecondFactorNeededSerializer(needed).data, status=202)
