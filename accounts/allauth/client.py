"""Calls of allauth's headless API: by the name of a view, in process."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from allauth.account.middleware import AccountMiddleware
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import resolve, reverse

from accounts.allauth.sessions import SessionStore
from accounts.allauth.tokens import open_session, seal_session

_URLS = "accounts.allauth.urls"


@dataclass(frozen=True)
class Caller:
    """The client of a request, as users see it in the list of their sessions."""

    ip: str = "0.0.0.0"  # noqa: S104  (nothing is bound to it)
    user_agent: str = ""


NO_CALLER = Caller()


@dataclass(frozen=True)
class Reply:
    """A response of allauth: https://docs.allauth.org/en/latest/headless/"""

    status: int
    data: Any = None
    meta: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_signed_in(self) -> bool:
        return self.status == 200 and bool(self.meta.get("is_authenticated"))

    @property
    def session_token(self) -> str:
        return str(self.meta["session_token"])

    @property
    def session_key(self) -> str:
        return open_session(self.session_token)

    @property
    def error_codes(self) -> set[str]:
        return {error.get("code", "") for error in self.errors}

    def pending(self, flow_id: str) -> dict[str, Any] | None:
        """Return the step of this name if the login waits for it."""
        flows = self.data.get("flows", []) if isinstance(self.data, dict) else []
        return next((f for f in flows if f["id"] == flow_id and f.get("is_pending")), None)


class InnerRequest(HttpRequest):
    """The request given to allauth; it is not a client's request."""

    def get_host(self) -> str:
        """Return our own host: allauth puts it into keys and names of sites."""
        return str(urlsplit(settings.BASE_URL).netloc)


def call(
    name: str,
    body: dict[str, Any] | None = None,
    *,
    method: str = "POST",
    query: str = "",
    caller: Caller,
    session_token: str = "",
    session_key: str = "",
) -> Reply:
    """Call a view of allauth's headless API, or one of our own with the prefix `ours:`.

    The call runs in the session of the token or key, or anonymously. Raises the refusals of our
    adapters. A session that ended meanwhile gives status 410, as in allauth.
    """
    path = reverse(name if name.startswith("ours:") else f"headless:app:{name}", urlconf=_URLS)
    view = resolve(path, urlconf=_URLS)
    request = InnerRequest()
    request.method = method
    request.path = request.path_info = path
    request.GET = QueryDict(query)
    request.META = {
        "REMOTE_ADDR": caller.ip,
        "HTTP_USER_AGENT": caller.user_agent,
        "CONTENT_TYPE": "application/json",
        "wsgi.url_scheme": urlsplit(settings.BASE_URL).scheme,
    }
    token = seal_session(session_key) if session_key else session_token
    if token:
        request.META["HTTP_X_SESSION_TOKEN"] = token
    request._body = json.dumps(body or {}).encode()
    request.session = SessionStore()
    request.user = AnonymousUser()

    def get_response(inner: HttpRequest) -> Any:
        try:
            return view.func(inner, *view.args, **view.kwargs)
        except ImmediateHttpResponse as stop:
            return stop.response

    try:
        return _read(AccountMiddleware(get_response)(request))
    except UpdateError:
        return Reply(status=410)


def _read(response: HttpResponse) -> Reply:
    content = json.loads(response.content) if response.content else {}
    return Reply(
        status=response.status_code,
        data=content.get("data"),
        meta=content.get("meta") or {},
        errors=content.get("errors") or [],
    )


def current_session() -> SessionBase | None:
    """Return the session of the request that allauth handles now, and saves afterwards."""
    return getattr(context.request, "session", None)


def session_of(key: str) -> SessionBase:
    return SessionStore(session_key=key)
