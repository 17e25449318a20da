"""What the log says of every request besides."""

from typing import Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog.signals import bind_extra_request_metadata

from config.throttling import client_ip


@receiver(bind_extra_request_metadata)
def bind_ip(*, request: HttpRequest, **_: Any) -> None:
    """The same address as the limits count: the library's own believes any header."""
    structlog.contextvars.bind_contextvars(ip=client_ip(request))
