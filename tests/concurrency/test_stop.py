"""A server that stops or reloads under load loses no request."""

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from gunicorn.config import Config

from benchmarks.product.machine import children_of
from config.worker import Worker
from tests.concurrency.server import Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("server")]

REQUEST = b"GET /api/events/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
STALLED = (
    b"POST /api/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
)
WITHIN_S = 20


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server.log", WEB_CONCURRENCY="1")
    yield server
    server.stop()


def connect(server: Server, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=WITHIN_S)
    connection.sendall(request)
    return connection


def status(connection: socket.socket) -> int:
    with connection, connection.makefile("rb") as response:
        return int(response.readline().split()[1])


def is_refused(server: Server) -> bool:
    try:
        connect(server, REQUEST).close()
    except ConnectionRefusedError:
        return True
    return False


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_waiting_connections_are_served_before_the_stop(server: Server) -> None:
    """They were reset: the kernel had accepted them, and the worker never did."""
    [worker] = children_of(server.process.pid)
    os.kill(worker, signal.SIGSTOP)
    waiting = [connect(server, REQUEST) for _ in range(10)]
    server.process.terminate()
    os.kill(worker, signal.SIGTERM)  # now, as the server's own comes only after the next line
    os.kill(worker, signal.SIGCONT)
    assert [status(connection) for connection in waiting] == [401] * 10
    assert server.process.wait(WITHIN_S) == 0


def test_stopping_server_refuses_connections_and_ends_its_requests(server: Server) -> None:
    """It let clients connect, and reset them when its last request had ended."""
    running = connect(server, STALLED)
    time.sleep(0.2)
    server.process.terminate()
    wait_until(lambda: is_refused(server))
    assert server.process.poll() is None
    running.sendall(b"{}")
    assert status(running) == 400
    assert server.process.wait(WITHIN_S) == 0


def test_reload_loses_no_request(server: Server) -> None:
    [old] = children_of(server.process.pid)
    running = connect(server, STALLED)
    server.process.send_signal(signal.SIGHUP)
    served: list[int] = []
    deadline = time.monotonic() + WITHIN_S
    while children_of(server.process.pid) == [old] or len(served) < 20:
        assert time.monotonic() < deadline
        served.append(status(connect(server, REQUEST)))
    running.sendall(b"{}")
    assert status(running) == 400
    wait_until(lambda: old not in children_of(server.process.pid))
    assert set(served) == {401}


def test_restart_with_a_socket_of_systemd_loses_no_request(
    transactional_db: None, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(tmp_path / "server.log", listener)
        server.stop()
        waiting = [connect(server, REQUEST) for _ in range(5)]
        server.start()
        assert [status(connection) for connection in waiting] == [401] * 5
        server.stop()


@pytest.fixture
def starting() -> Iterator[tuple[Worker, socket.socket]]:
    """A worker whose loop has not begun yet, and its socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        worker = Worker(0, os.getpid(), [listener], None, 30, Config(), None)
        worker.poller = selectors.DefaultSelector()
        yield worker, listener
        for waiting in list(worker.poller.get_map().values()):
            waiting.fileobj.close()
        worker.poller.close()
        worker.tmp.close()


def test_worker_that_is_stopped_as_it_starts_accepts_what_waits(
    starting: tuple[Worker, socket.socket],
) -> None:
    """It closed its socket too early, and failed when gunicorn stopped it once more."""
    worker, listener = starting
    with socket.create_connection(listener.getsockname()):
        worker.alive = False
        worker.set_accept_enabled(True)
        assert listener.fileno() != -1
        worker.set_accept_enabled(False)
        worker.set_accept_enabled(False)
        assert (worker.nr_conns, listener.fileno()) == (1, -1)


def test_stopping_worker_accepts_no_more_than_its_limit(
    starting: tuple[Worker, socket.socket],
) -> None:
    worker, listener = starting
    worker.worker_connections = 2
    address = listener.getsockname()
    with ExitStack() as clients:
        for _ in range(3):
            clients.enter_context(socket.create_connection(address))
        worker.alive = False
        worker.set_accept_enabled(False)
        assert (worker.nr_conns, listener.fileno()) == (2, -1)
