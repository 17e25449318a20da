"""Authentication by Bearer tokens, which name a session."""

from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token
from structlog.contextvars import bind_contextvars

from accounts import snapshots
from accounts.allauth.client import Caller
from accounts.models import User
from accounts.services.sessions import read_ids
from core.ratelimit.throttles import client_ip, count_anonymous


class SessionTokenAuthentication(JWTAuthentication):
    """Accept tokens of live sessions of active users, mostly without a query."""

    def authenticate(self, request: Request) -> Any:
        """Count requests with an invalid token as anonymous ones, before refusing them.

        Raises InvalidToken, Throttled.
        """
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            count_anonymous(request)
            raise

    def get_raw_token(self, header: bytes) -> bytes:
        """Return the text after `Bearer`, in any case (RFC 9110, 11.1).

        Raises InvalidToken for other schemes.
        """
        scheme, _, token = header.strip().partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            raise InvalidToken
        return token.strip()

    def get_user(self, validated_token: Token) -> Any:
        """Raises InvalidToken if the session has ended."""
        try:
            user_id, session_id = read_ids(validated_token)
        except ValueError as error:
            raise InvalidToken from error
        user = snapshots.find(user_id=user_id, session_id=session_id)
        if user is None:
            raise InvalidToken
        bind_contextvars(user_id=user_id)
        return user


def signed_in(request: HttpRequest | Request) -> User:
    """Return the user of a request, in views that require a token."""
    assert isinstance(request.user, User)
    return request.user


def session_id(request: Request) -> int:
    """Return the id of the session that the token names."""
    return int(request.auth["sid"])  # type: ignore[index]


def caller(request: HttpRequest | Request) -> Caller:
    """Return the client, as users see it in the list of their sessions."""
    return Caller(ip=client_ip(request), user_agent=request.META.get("HTTP_USER_AGENT", "")[:200])
