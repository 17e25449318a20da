"""Authentication by Bearer tokens, which name a session."""

from functools import lru_cache, partial
from typing import Any

from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import aware_utcnow
from structlog.contextvars import bind_contextvars

from accounts import snapshots
from accounts.allauth.client import Caller
from accounts.allauth.signing import AccessToken
from accounts.models import User
from accounts.services.sessions import read_ids
from core.ratelimit import Limit
from core.ratelimit.throttles import RateLimits, client_ip, count_anonymous, limits_of, note

# Verifying a signature costs twenty times the look-up. Tokens are checked for their age each time.
_verified = lru_cache(maxsize=4096)(AccessToken)


class SessionTokenAuthentication(JWTAuthentication):
    """Accept tokens of live sessions of active users, mostly without a query.

    The limits of the request are counted in the round trip that checks the session.
    """

    def authenticate(self, request: Request) -> Any:
        """Count requests with an invalid token as anonymous ones, before refusing them.

        Raises InvalidToken, Throttled.
        """
        header: bytes | None = self.get_header(request)
        if header is None:
            return None
        try:
            token = self.get_validated_token(self.get_raw_token(header))
            user = _live_user(request, token)
        except InvalidToken:
            count_anonymous(request)
            raise
        bind_contextvars(user_id=user.pk)
        return user, token

    def get_raw_token(self, header: bytes) -> bytes:
        """Return the text after `Bearer`, in any case (RFC 9110, 11.1).

        Raises InvalidToken for other schemes.
        """
        scheme, _, token = header.strip().partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            raise InvalidToken
        return token.strip()

    def get_validated_token(self, raw_token: bytes) -> Token:
        """Raises InvalidToken."""
        try:
            token = _verified(raw_token)
            token.check_exp(current_time=aware_utcnow())
        except TokenError as error:
            raise InvalidToken from error
        return token


def _live_user(request: Request, token: Token) -> User:
    """Raises InvalidToken if the session has ended."""
    try:
        user_id, session_id = read_ids(token)
    except ValueError as error:
        raise InvalidToken from error
    found = snapshots.find_and_count(
        user_id=user_id, session_id=session_id, limits_of=partial(_limits_of, request)
    )
    if found:
        user, verdict = found
        if verdict.standings:
            note(request, verdict)
        return user
    live = snapshots.find(user_id=user_id, session_id=session_id)
    if live is None:
        raise InvalidToken
    return live


def _limits_of(request: Request, user: User) -> list[Limit]:
    """Return the limits, or none for a view that may refuse the user: refusals don't count.

    Those views count after their permissions, as DRF does.
    """
    view = request.parser_context["view"]
    request.user = user
    if request.method in SAFE_METHODS:
        lets_in = all(each.has_permission(request, view) for each in view.get_permissions())
    else:
        lets_in = view.permission_classes == [IsAuthenticated]
    return limits_of(request, view) if lets_in and RateLimits in view.throttle_classes else []


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
