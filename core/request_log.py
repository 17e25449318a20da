"""The log line of each request, and the fields that every line of a request has."""

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django_structlog.middlewares.request import sync_streaming_content_wrapper
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from core.ratelimit.throttles import client_ip

logger = structlog.get_logger(__name__)


class RequestLogMiddleware:
    """Log a line at the end of each request; bind `request_id` and `ip` for the lines before it.

    `user_id` is bound by the authentication, and tasks inherit all three. The middleware of
    django-structlog logs the same, but spends 180 µs more on signals and settings
    (docs/architecture/performance.md). Its parts for tasks and streams are used.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        got_request_exception.connect(_log_failure)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.began_at_s = time.perf_counter()  # type: ignore[attr-defined]
        # RequestIdMiddleware has checked or set the header.
        bind_contextvars(request_id=request.META["HTTP_X_REQUEST_ID"], ip=client_ip(request))
        user_agent = request.META.get("HTTP_USER_AGENT")
        logger.debug("request_started", request=_text(request), user_agent=user_agent)
        response = self.get_response(request)
        if not hasattr(request, "is_failure_logged"):
            logger.log(
                _level_of(response.status_code),
                "request_finished",
                code=response.status_code,
                **_facts(request),
            )
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = sync_streaming_content_wrapper(
                    iter(response), get_contextvars()
                )
        clear_contextvars()
        return response


def _log_failure(*, request: HttpRequest, **_: Any) -> None:
    """Log a crash with its traceback, in place of the line at the end."""
    is_answer = isinstance(sys.exception(), Http404 | PermissionDenied)
    if not is_answer and not hasattr(request, "is_failure_logged"):
        request.is_failure_logged = True  # type: ignore[attr-defined]
        logger.exception("request_failed", code=500, **_facts(request))


def _level_of(status_code: int) -> int:
    if status_code >= 500:
        return logging.ERROR
    return logging.WARNING if status_code >= 400 else logging.INFO


def _facts(request: HttpRequest) -> dict[str, Any]:
    """Return the fields of the line. The duration ends where the body of a stream starts."""
    bind_contextvars(user_id=_user_id(request))
    began_at_s: float = getattr(request, "began_at_s", time.perf_counter())
    duration_ms = round((time.perf_counter() - began_at_s) * 1000, 1)
    return {"request": _text(request), "duration_ms": duration_ms}


def _user_id(request: HttpRequest) -> Any:
    """Return None for a page that did not ask for the user, instead of looking them up."""
    if hasattr(request, "session") and not request.session.accessed:
        return None
    return getattr(getattr(request, "user", None), "pk", None)


def _text(request: HttpRequest) -> str:
    return f"{request.method} {request.get_full_path()}"
