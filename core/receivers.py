"""What the log says of every request besides."""

import time
from typing import Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog import signals

from core.ratelimit.throttles import client_ip


@receiver(signals.bind_extra_request_metadata)
def bind_ip(*, request: HttpRequest, **_: Any) -> None:
    """The same address as the limits count: the library's own believes any header."""
    structlog.contextvars.bind_contextvars(ip=client_ip(request))
    request.began_at_s = time.perf_counter()  # type: ignore[attr-defined]


@receiver(
    [signals.bind_extra_request_finished_metadata, signals.bind_extra_request_failed_metadata]
)
def add_duration(*, request: HttpRequest, log_kwargs: dict[str, Any], **_: Any) -> None:
    """Measures until the response starts; the body of a stream comes later."""
    elapsed_s = time.perf_counter() - request.began_at_s  # type: ignore[attr-defined]
    log_kwargs["duration_ms"] = round(elapsed_s * 1000, 1)
