"""A server that sends given bytes, however broken they are."""

import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.standins import Call, StandIn


@dataclass(frozen=True)
class Sent:
    data: bytes
    byte_s: float = 0.0  # before each byte
    hangs_up: bool = False  # after the last byte


def reply(
    body: Any = b"", *, status: int = 200, length: int | None = None, **headers: str
) -> bytes:
    """Return an HTTP response. A body that is not bytes becomes JSON; `length` may be a lie."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Content-Length: {len(data) if length is None else length}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + data


class Wire(StandIn):
    """Sends the given responses in order, then repeats the last one."""

    def __init__(self, *replies: bytes | Sent) -> None:
        super().__init__()
        self.RequestHandlerClass = _Handler
        self.replies = [sent if isinstance(sent, Sent) else Sent(sent) for sent in replies]
        self.called_at: list[float] = []  # by the monotonic clock


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Wire

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        server = self.server
        server.called_at.append(time.monotonic())
        server.calls.append(Call(self.path, self.headers, "", self.command))
        if server.is_hanging:
            server.closed.wait()
        if server.is_hanging or server.is_hanging_up:
            self.close_connection = True
            return
        sent = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
        self.close_connection = self.close_connection or sent.hangs_up
        try:
            self._send(sent)
        except OSError:  # the client is gone
            self.close_connection = True

    def _send(self, sent: Sent) -> None:
        if not sent.byte_s:
            self.wfile.write(sent.data)
            return
        for byte in sent.data:
            if self.server.closed.wait(sent.byte_s):
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, *args: object) -> None:
        """Keep the tests' output clean."""
