"""Stand-ins for outside services: servers on loopback that respond like the real ones."""

import json
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Call:
    path: str
    headers: Message  # names in any case
    body: str
    method: str = "POST"


@dataclass(frozen=True)
class StandInResponse:
    status: int
    body: Any = ""
    headers: tuple[tuple[str, str], ...] = ()


class StandIn(ThreadingHTTPServer):
    """Records every call. `trouble`, if set, is the response to all of them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.calls: list[Call] = []
        self.connections = 0
        self.sni_names: list[str | None] = []  # the SNI of each TLS client
        self.trouble: StandInResponse | None = None
        self.is_hanging = self.is_hanging_up = False
        self.pause_s = 0.0  # before each byte of a body
        self.closed = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.closed.set()
        self.shutdown()
        self.server_close()

    @property
    def queries(self) -> list[dict[str, str]]:
        """Return the query parameters of each call."""
        return [dict(parse_qsl(urlsplit(call.path).query)) for call in self.calls]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up during a response, as some tests do."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def respond(self, call: Call) -> StandInResponse:
        raise NotImplementedError


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms until its headers are confirmed
    server: StandIn

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        call = Call(self.path, self.headers, body, self.command)
        self.server.calls.append(call)
        if self.server.is_hanging:
            self.server.closed.wait()
        if self.server.is_hanging or self.server.is_hanging_up:
            self.close_connection = True
            return
        self._write(self.server.trouble or self.server.respond(call))

    def _write(self, response: StandInResponse) -> None:
        body = _encoded(response.body)
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not self.server.pause_s:
            self.wfile.write(body)
            return
        for byte in body:
            if self.server.closed.wait(self.server.pause_s):
                return
            with suppress(OSError):
                self.wfile.write(bytes([byte]))

    def log_message(self, *args: object) -> None:
        """Keep the tests' output clean."""


def _encoded(body: Any) -> bytes:
    """Return bytes and text unchanged, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()
