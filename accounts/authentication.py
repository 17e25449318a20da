"""Who is asking: the Bearer token, and the session that it names."""

from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from accounts import snapshots
from accounts.allauth.client import Caller
from accounts.models import User
from accounts.services.sessions import named_by
from core.ratelimit.throttles import client_ip, count_anonymous


class SessionTokenAuthentication(JWTAuthentication):
    """A token counts while its session lives and its person is active: mostly without a query."""

    def authenticate(self, request: Request) -> Any:
        """Who comes with a dead token is a stranger, and is counted as one before the refusal.

        Raises InvalidToken, Throttled.
        """
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            count_anonymous(request)
            raise

    def get_raw_token(self, header: bytes) -> bytes:
        """What follows `Bearer`, in any case (RFC 9110, 11.1); other schemes are refused."""
        scheme, _, token = header.strip().partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            raise InvalidToken
        return token.strip()

    def get_user(self, validated_token: Token) -> Any:
        """Raises InvalidToken once the session has ended."""
        try:
            user_id, session_id = named_by(validated_token)
        except ValueError as error:
            raise InvalidToken from error
        user = snapshots.find(user_id=user_id, session_id=session_id)
        if user is None:
            raise InvalidToken
        return user


def signed_in(request: HttpRequest | Request) -> User:
    """Who is asking, where permissions let nobody in without a token."""
    assert isinstance(request.user, User)
    return request.user


def session_id(request: Request) -> int:
    """The session that the token names."""
    return int(request.auth["sid"])  # type: ignore[index]


def caller(request: HttpRequest | Request) -> Caller:
    """Where the request comes from, as people see it in the list of their sessions."""
    return Caller(ip=client_ip(request), user_agent=request.META.get("HTTP_USER_AGENT", "")[:200])
