"""A light client: plain sockets that stay open, so that the server's work is what is measured."""

import json
import re
import socket
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

TIMEOUT_S = 120
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_WITHOUT_BODY = (204, 304)


class Response(NamedTuple):
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """Return the value of a header, or an empty text."""
        found = re.search(rb"\r\n%s: *([^\r]*)" % name.encode(), self.head, re.IGNORECASE)
        return found[1].decode() if found else ""

    def json(self) -> Any:
        return json.loads(self.body)


def request(method: str, path: str, token: str = "", body: Any = None, **headers: str) -> bytes:
    """Return the bytes of a request."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if method != "GET":
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Connection:
    """One connection. Raises OSError when it breaks."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> Response:
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        status = int(head[9:12])
        if status in _WITHOUT_BODY:
            return Response(status, head, b"")
        found = _LENGTH.search(head)
        if found is None:
            raise ConnectionError("A response without a length.")
        body = bytearray(rest)
        while len(body) < int(found[1]):
            body += self._receive()
        return Response(status, head, bytes(body))

    def _receive(self) -> bytes:
        if not (data := self._socket.recv(65536)):
            raise ConnectionResetError("The server closed the connection.")
        return data

    def close(self) -> None:
        self._socket.close()


@dataclass(frozen=True)
class Load:
    """Requests to send: each lane is a connection, with its requests in order.

    It ends with the last request, or after `seconds` and two requests of each lane.
    """

    port: int
    lanes: Sequence[Sequence[bytes]]
    status: int
    seconds: float


@dataclass
class Sent:
    """The result of a load. `seconds` are those of each response but the first of its lane."""

    number: int = 0
    began: float = float("inf")
    ended: float = 0.0
    seconds: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.number / (self.ended - self.began)

    def add(self, other: "Sent") -> None:
        self.number += other.number
        self.began = min(self.began, other.began)
        self.ended = max(self.ended, other.ended)
        self.seconds += other.seconds


def send(load: Load) -> Sent:
    """Send a load from this process, with a thread for each lane."""
    total = Sent()
    with ThreadPoolExecutor(len(load.lanes)) as threads:
        for sent in threads.map(lambda lane: _send_lane(load, lane), load.lanes):
            total.add(sent)
    return total


def send_from(processes: Executor, load: Load, number: int = 2) -> Sent:
    """Send a load from this many other processes. Raises AssertionError for another status."""
    shares = [load.lanes[first::number] for first in range(min(number, len(load.lanes)))]
    total = Sent()
    for sent in processes.map(send, [replace(load, lanes=lanes) for lanes in shares]):
        total.add(sent)
    return total


def _send_lane(load: Load, lane: Sequence[bytes]) -> Sent:
    with closing(Connection(load.port)) as connection:
        sent = Sent(began=time.monotonic())
        for each in lane:
            began = time.monotonic()
            if began > sent.began + load.seconds and sent.number > 1:
                break
            response = connection.send(each)
            assert response.status == load.status, (each, response)
            sent.number += 1
            sent.ended = time.monotonic()
            if sent.number > 1:
                sent.seconds.append(sent.ended - began)
    return sent
