"""Conditional requests: 304 instead of a body that the client has already (RFC 9110, 13.1.2)."""

from collections.abc import Callable
from hashlib import blake2s
from typing import Any

from django.utils.http import parse_etags, quote_etag
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.json import JSONRenderer


def respond(request: Request, state: Any, build: Callable[[], Response]) -> Response:
    """Return the response with an ETag, or 304 if the client sent the same one.

    `state` is JSON that differs whenever the body would. `build` is called for new ones only.
    """
    tag = quote_etag(blake2s(JSONRenderer().render(state), digest_size=16).hexdigest())
    sent = parse_etags(request.headers.get("If-None-Match", ""))
    is_same = "*" in sent or tag in (weak.removeprefix("W/") for weak in sent)
    response = Response(status=status.HTTP_304_NOT_MODIFIED) if is_same else build()
    response.headers["ETag"] = tag
    return response
