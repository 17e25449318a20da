"""Headers that only the server itself adds to responses."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.concurrency.server import Server

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("server"),
]


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server.log")
    yield server
    server.stop()


def headers_of(server: Server, request: str) -> dict[str, str]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as answer:
            lines = [line.decode().strip() for line in iter(answer.readline, b"\r\n")]
    return dict(line.lower().split(": ", 1) for line in lines[1:] if line)


def test_no_answer_names_the_server(server: Server) -> None:
    """`Server: gunicorn` told attackers which exploits to try first."""
    close = "Host: localhost\r\nConnection: close\r\n\r\n"
    requests = {
        "the API's": f"GET /api/events/ HTTP/1.1\r\n{close}",
        "a page's": f"GET /swagger/ HTTP/1.1\r\n{close}",
        "a stream's": f"GET /static/favicon.svg HTTP/1.1\r\n{close}",
        "gunicorn's own 400": "NONSENSE\r\n\r\n",
        "gunicorn's own 414": f"GET /{'x' * 5000} HTTP/1.1\r\n{close}",
    }
    named = {name for name, each in requests.items() if "server" in headers_of(server, each)}
    assert named == set()
