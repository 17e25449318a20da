"""Every error as `application/problem+json` (RFC 9457).

`handle_exception` converts exceptions of DRF, of the apps and of the database.
`core.middleware.ProblemMiddleware` converts Django's own error responses: an unknown path, a bad
host, a crash outside of DRF.
"""

import sys
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.views import defaults
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ErrorResponse, ExceptionHandlerContext
from rest_framework import exceptions, status
from rest_framework.fields import DateTimeField
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken

from core.database.errors import refusal_of
from core.errors import BadValue, DatabaseUnavailable, JustChanged, PayloadTooLarge, RuleBroken

logger = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
# Field errors in one response: a body of 1 MB can have a hundred thousand.
_MOST_ERRORS = 100
# Errors under these paths are JSON; elsewhere they are pages.
API_PATHS = ("/api/", "/health/")

# Each fault has one code, whichever layer finds it.
CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    411: "length_required",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "throttled",
    500: "server_error",
    503: "unavailable",
}
DETAILS = {
    400: "The server can't understand this request.",
    403: "You are not allowed to do this.",
    404: "Nothing exists at this URL. Paths end with a slash.",
    405: "This URL does not support this method.",
    411: "Send a Content-Length header. Bodies of unknown size are not accepted.",
    413: PayloadTooLarge.message,
    500: "The server failed. The error was logged.",
    503: DatabaseUnavailable.message,
}


def _phrase(status_code: int) -> str:
    # The names in RFC 9110; Python has them since 3.13.
    names = {413: "Content Too Large", 422: "Unprocessable Content"}
    return names.get(status_code) or HTTPStatus(status_code).phrase


_HEADERS = {401: {"WWW-Authenticate": 'Bearer realm="api"'}, 503: {"Retry-After": "2"}}


def problem(
    *,
    status_code: int,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    next_step: str = "",
) -> dict[str, Any]:
    """Return the body of a problem. `type` is about:blank, because clients act on `code`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _phrase(status_code),
        "status": status_code,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = errors
    if next_step:
        body["next_step"] = next_step
    return body


def problem_response(status_code: int) -> HttpResponse:
    """Return a problem outside of DRF that is described by its status only."""
    phrase = _phrase(status_code)
    body = problem(
        status_code=status_code,
        code=CODES.get(status_code, phrase.lower().replace(" ", "_").replace("-", "_")),
        detail=DETAILS.get(status_code, phrase),
    )
    return HttpResponse(orjson.dumps(body), status=status_code, content_type=CONTENT_TYPE)


def _serialized(fact: Any) -> Any:
    """Write times as everywhere in the API: ISO 8601 in UTC, with Z."""
    return DateTimeField().to_representation(fact) if isinstance(fact, datetime) else fact


def _refusal(exc: RuleBroken) -> Response:
    if isinstance(exc, BadValue):
        body = problem(
            status_code=exc.status,
            code="validation_error",
            detail="Some values are invalid.",
            errors=[{"field": exc.field, "code": exc.code, "detail": str(exc)}],
        )
    else:
        body = problem(
            status_code=exc.status, code=exc.code, detail=str(exc), next_step=exc.next_step
        ) | {name: _serialized(fact) for name, fact in exc.facts.items()}
    return Response(body, status=exc.status, headers=_headers(exc), content_type=CONTENT_TYPE)


def _headers(refusal: RuleBroken) -> dict[str, str]:
    if retry_after_s := getattr(refusal, "retry_after_s", None):
        return {"Retry-After": str(retry_after_s)}
    return _HEADERS.get(refusal.status, {})


def database_refusal(error: BaseException) -> RuleBroken | None:
    """Return the refusal for a database error, and log it; None for other errors."""
    refusal = refusal_of(error)
    if refusal:
        logger.error(refusal.code, error=str(error))
    return refusal


def refusal_response(refusal: RuleBroken) -> HttpResponse:
    """Respond with a refusal outside of DRF."""
    answer = _refusal(refusal)
    return HttpResponse(
        orjson.dumps(answer.data), status=answer.status_code, headers=dict(answer.items())
    )


def refusal_page(refusal: RuleBroken) -> HttpResponse:
    """Respond with a refusal as a page, in the admin."""
    page = "<!doctype html><title>{title}</title><h1>{title}</h1><p>{detail}</p>".format(
        title=_phrase(refusal.status), detail=escape(str(refusal))
    )
    return HttpResponse(page, status=refusal.status, headers=_headers(refusal))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`, for errors outside of views, such as in a middleware."""
    error = sys.exc_info()[1]
    refusal = database_refusal(error) if error else None
    if refusal is None:
        return defaults.server_error(request)
    return answer_refusal(request, refusal)


def answer_refusal(request: HttpRequest, refusal: RuleBroken) -> HttpResponse:
    """Respond with a problem under the API's paths, and with a page elsewhere."""
    is_api = request.path_info.startswith(API_PATHS)
    return refusal_response(refusal) if is_api else refusal_page(refusal)


class _ProblemFormatter(ExceptionFormatter):
    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        exc, first = self.exc, error_response.errors[0]
        if isinstance(exc, exceptions.ValidationError):
            return problem(
                status_code=exc.status_code,
                code="validation_error",
                detail="Some values are invalid.",
                errors=[
                    {"field": error.attr or "non_field_errors", "code": error.code,
                     "detail": error.detail}
                    for error in error_response.errors[:_MOST_ERRORS]
                ],
            )  # fmt: skip
        if isinstance(exc, InvalidToken | AuthenticationFailed):
            # simplejwt lists the errors of each token class; a client needs one.
            return problem(
                status_code=exc.status_code,
                code="token_not_valid",
                detail="The token is wrong, expired or revoked. Log in or refresh it, "
                "then send it as: Authorization: Bearer <access>",
            )
        if exc.status_code == status.HTTP_500_INTERNAL_SERVER_ERROR:
            return problem(status_code=500, code=CODES[500], detail=DETAILS[500])
        code = first.code if first.code != "error" else CODES.get(exc.status_code, "error")
        return problem(status_code=exc.status_code, code=code, detail=first.detail)


class _ProblemHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, SuspiciousOperation):
            return exceptions.ParseError(DETAILS[400], code=CODES[400])
        return super().convert_known_exceptions(exc)

    def should_not_handle(self, exc: Exception) -> bool:
        return False  # clients get the same responses with DEBUG on

    def format_exception(self, exc: exceptions.APIException) -> dict[str, Any]:
        body: dict[str, Any] = _ProblemFormatter(exc, self.context, self.exc).run()
        return body

    def get_response(self, exc: exceptions.APIException, data: dict[str, Any]) -> Response:
        return Response(
            data, status=exc.status_code, headers=self.get_headers(exc), content_type=CONTENT_TYPE
        )


def handle_exception(exc: Exception, context: ExceptionHandlerContext) -> Response | None:
    """Convert an exception of a view to a response (DRF's EXCEPTION_HANDLER)."""
    handler = _ProblemHandler(exc, context)
    if isinstance(exc, RequestDataTooBig):
        exc = PayloadTooLarge()
    if refusal := database_refusal(exc):
        exc = refusal
    if isinstance(exc, IntegrityError):
        # For example a category that was deleted after the serializer had checked it.
        logger.warning("just_changed", error=str(exc))
        exc = JustChanged()
    if isinstance(exc, RuleBroken):
        handler.set_rollback()
        return _refusal(exc)
    return handler.run()
