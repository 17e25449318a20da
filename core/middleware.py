"""What has to stand around every request."""

import re
import uuid
from collections.abc import Callable

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
    """Names each request in the answer and the log.

    The client's own `X-Request-ID` is kept where it is sane: anything else
    would let a client write what it likes into the log.
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
    """Keeps responses of the API and of the admin out of every cache.

    They contain tokens or personal data, or depend on the user (RFC 9111, 5.2.2.5). Views worth
    caching set their own `Cache-Control`: calendar feeds, pictures.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(("/api/", "/admin/")):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class RateLimitMiddleware:
    """Tells how the limits that applied stand, whatever the answer is.

    Source: draft-ietf-httpapi-ratelimit-headers-10, structured fields. Around whoever makes new
    answers, so that problems have the fields too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        verdict: Verdict | None = getattr(request, "limits", None)
        if verdict is not None:
            response.headers["RateLimit-Policy"] = ", ".join(
                f'"{each.limit.name}";q={each.limit.quota};w={each.limit.window_s}'
                for each in verdict.standings
            )
            response.headers["RateLimit"] = ", ".join(
                f'"{each.limit.name}";r={each.left};t={each.resets_in_s}'
                for each in verdict.standings
            )
        return response


class ProblemMiddleware:
    """Turns Django's own error pages under /api/ into problems, with DEBUG on too.

    People in the admin and on the Swagger page keep Django's HTML.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API_PATHS):
            return self.get_response(request)
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            # WSGI hands such a body over as empty: refuse rather than lose it.
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
        """Django calls this for views that are not DRF's, such as the admin."""
        refusal = database_refusal(error)
        return answer_refusal(request, refusal) if refusal else None


class SlashMiddleware(CommonMiddleware):
    """Django's own, but it adds a missing slash for readers only.

    A redirected POST would lose its body (and is an exception with DEBUG on):
    writers get the 404 that tells them about the slash.
    """

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        """Probes ask by address, which ALLOWED_HOSTS cannot list."""
        if request.path_info.startswith("/health/"):
            return None
        return super().process_request(request)

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)
