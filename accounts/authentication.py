"""Who is asking: the Bearer token, and the session that it names."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from accounts.models import Session, User


class SessionTokenAuthentication(JWTAuthentication):
    """A token counts while its session lives and its person is active: one query for all."""

    def get_raw_token(self, header: bytes) -> bytes:
        """What follows `Bearer`, in any case (RFC 9110, 11.1); other schemes are refused."""
        scheme, _, token = header.strip().partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            raise InvalidToken
        return token.strip()

    def get_user(self, validated_token: Token) -> Any:
        """Raises InvalidToken once the session has ended."""
        try:
            session_id = UUID(str(validated_token.get("sid")))
            return Session.objects.live().select_related("user").get(pk=session_id).user
        except (ValueError, Session.DoesNotExist) as error:
            raise InvalidToken from error


def signed_in(request: HttpRequest | Request) -> User:
    """Who is asking, where permissions let nobody in without a token."""
    assert isinstance(request.user, User)
    return request.user
