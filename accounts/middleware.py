"""Middleware for requests to the admin."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse

from accounts.authentication import caller, signed_in
from accounts.services.admin_sessions import keep_admin_session, open_admin_session


class AdminSessionMiddleware:
    """End admin sessions that were ended elsewhere or are idle for too long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        before = getattr(request, "password_before", None)
        # A change of one's own password ended all sessions; this one continues, as in the API.
        if before and request.session.get(HASH_SESSION_KEY, before) != before:
            open_admin_session(
                user=signed_in(request), session=request.session, caller=caller(request)
            )
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        match = request.resolver_match
        if match is None or match.app_name != "admin" or not request.user.is_authenticated:
            return
        session = request.session
        user_id = signed_in(request).pk
        if keep_admin_session(user_id=user_id, session=session, caller=caller(request)):
            request.password_before = session[HASH_SESSION_KEY]  # type: ignore[attr-defined]
        else:
            logout(request)
