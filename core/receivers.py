"""Fields that the log adds to every request."""

import time
from typing import Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog import signals

from core.ratelimit.throttles import client_ip


@receiver(signals.bind_extra_request_metadata)
def bind_ip(*, request: HttpRequest, **_: Any) -> None:
    """Log the address that the rate limits use; the library's own trusts any header."""
    structlog.contextvars.bind_contextvars(ip=client_ip(request))
    request.began_at_s = time.perf_counter()  # type: ignore[attr-defined]


@receiver(
    [signals.bind_extra_request_finished_metadata, signals.bind_extra_request_failed_metadata]
)
def add_duration(*, request: HttpRequest, log_kwargs: dict[str, Any], **_: Any) -> None:
    """Log the time until the response starts, without the body of a stream."""
    elapsed_s = time.perf_counter() - request.began_at_s  # type: ignore[attr-defined]
    log_kwargs["duration_ms"] = round(elapsed_s * 1000, 1)
