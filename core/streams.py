"""Resets the connection when a stream fails, so that clients detect it.

When a body fails in the middle, its status was already sent. A client of HTTP/1.1 misses the last
chunk, but under HTTP/1.0, which proxies use too, the end of the connection is the end of the body.
So the connection is reset, which clients report as an error.
"""

import os
import socket
import struct
from collections.abc import Callable, Iterator

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse

logger = structlog.get_logger(__name__)


class BrokenStreamMiddleware:
    """Middleware outside of all others that change a body, such as compression."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            connection = request.META.get("gunicorn.socket")
            response.streaming_content = _watched(iter(response), connection)
        return response


def _watched(body: Iterator[bytes], connection: socket.socket | None) -> Iterator[bytes]:
    try:
        yield from body
    except Exception as error:
        logger.exception("stream_broken", error=str(error))
        if connection is not None:
            _reset(connection)
        raise


def _reset(connection: socket.socket) -> None:
    """Close the connection with RST.

    gunicorn continues to use the same object, so the object gets another, unconnected socket.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with socket.socket(connection.family, socket.SOCK_STREAM) as nobody:
        os.dup2(nobody.fileno(), connection.fileno(), inheritable=False)
