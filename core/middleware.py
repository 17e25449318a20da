"""Middleware for request IDs, caching, rate limit headers, JSON errors, slashes and pages."""

import re
import uuid
from collections.abc import Callable
from inspect import unwrap

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

from core.api.problems import (
    API_PATHS,
    CONTENT_TYPE,
    answer_refusal,
    database_refusal,
    problem_response,
)
from core.ratelimit import Verdict

GetResponse = Callable[[HttpRequest], HttpResponse]

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestIdMiddleware:
    """Give each request an ID, for the response and the log.

    The client's `X-Request-ID` is kept if it is plain; other text could forge lines of the log.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request.META.get("HTTP_X_REQUEST_ID", "")
        if not _SANE_REQUEST_ID.fullmatch(request_id):
            request_id = request.META["HTTP_X_REQUEST_ID"] = str(uuid.uuid4())
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


class NoStoreMiddleware:
    """Keep responses of the API and of the admin out of every cache.

    They contain tokens or personal data, or depend on the user (RFC 9111, 5.2.2.5). Calendar feeds
    and pictures set their own `Cache-Control`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(("/api/", "/admin/")):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class RateLimitMiddleware:
    """Add headers with the state of the limits that applied to the request.

    Source: draft-ietf-httpapi-ratelimit-headers-10, structured fields. It is outside of middleware
    that replaces responses, so that errors have the headers too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        verdict: Verdict | None = getattr(request, "limits", None)
        if verdict is not None:
            response.headers["RateLimit-Policy"] = ", ".join(
                f'"{standing.limit.name}";q={standing.limit.quota};w={standing.limit.window_s}'
                for standing in verdict.standings
            )
            response.headers["RateLimit"] = ", ".join(
                f'"{standing.limit.name}";r={standing.left};t={standing.resets_in_s}'
                for standing in verdict.standings
            )
        return response


class ProblemMiddleware:
    """Convert Django's own error pages under /api/ to problems, also while DEBUG is on.

    The admin and the Swagger page keep Django's HTML.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API_PATHS):
            return self.get_response(request)
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            # WSGI presents such a body as empty. Refusing it is better than losing it.
            return problem_response(411)
        length = request.META.get("CONTENT_LENGTH") or ""
        if len(length) > 15 or (length.isdecimal() and int(length) > settings.UPLOAD_MAX_SIZE):
            return problem_response(413)
        response = self.get_response(request)
        if response.status_code >= 400 and response.headers.get("Content-Type") != CONTENT_TYPE:
            problem = problem_response(response.status_code)
            for name in ("Allow", "Retry-After", "WWW-Authenticate"):
                if name in response.headers:
                    problem.headers[name] = response.headers[name]
            return problem
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Handle exceptions of views without DRF, such as the admin."""
        refusal = database_refusal(error)
        return answer_refusal(request, refusal) if refusal else None


class SlashMiddleware(CommonMiddleware):
    """Django's middleware, which here redirects GET and HEAD only to the URL with a slash.

    A redirected POST would lose its body (and raises an exception while DEBUG is on). Other methods
    get a 404 that explains the slash.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        """Skip health checks: probes use IP addresses, which ALLOWED_HOSTS can't list."""
        if request.path_info.startswith("/health/"):
            return None
        return super().process_request(request)

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)


class PagesMiddleware:
    """Let the API skip all middleware after this one, which only pages need.

    Sessions, CSRF tokens and messages belong to cookies, and the API reads none. Django's system
    checks and the admin want these classes in MIDDLEWARE.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.view = _innermost(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_api = request.path_info.startswith("/api/")
        return self.view(request) if is_api else self.get_response(request)


def _innermost(layer: GetResponse) -> GetResponse:
    """Return what the last middleware calls: Django's dispatch to the view."""
    while inner := getattr(unwrap(layer), "get_response", None):
        layer = inner
    return layer
