"""With a locked tally, or with all threads busy, other requests still work."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from select import select

import pytest
import requests
from django.db import connection, transaction

from events.models import Event, Tally
from events.services.tallies import lock_tally
from rsvp.models import Rsvp
from tests.client import access_token
from tests.concurrency.server import Server
from tests.factories import EventFactory, people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("server")]

THREADS = 4
UNBOUNDED = {"DATABASE_LOCK_TIMEOUT_S": "0", "WAITERS_PER_EVENT": "1000"}
BOUNDED = {"DATABASE_LOCK_TIMEOUT_S": "2", "WAITERS_PER_EVENT": "2"}

Serve = Callable[..., Server]


@pytest.fixture
def serve(transactional_db: None, tmp_path: Path) -> Iterator[Serve]:
    servers: list[Server] = []

    def start(**env: str) -> Server:
        env = {"WEB_CONCURRENCY": "1", "WEB_THREADS": str(THREADS), **env}
        servers.append(Server(tmp_path / "server.log", **env))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


class PendingRequest:
    """A connection that sends a request now and reads the response later."""

    def __init__(self, server: Server, request: str, *headers: str, body: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        head = [f"{request} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
        self.socket.sendall(("\r\n".join(head) + "\r\n\r\n" + body).encode())

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode())

    def has_response(self) -> bool:
        return bool(select([self.socket], [], [], 0)[0])

    def status(self) -> int:
        with self.socket, self.socket.makefile("rb") as response:
            return int(response.readline().split()[1])


def is_alive(server: Server) -> bool:
    response = requests.get(f"{server.url}/health/live/", timeout=30)
    return response.json() == {"status": "ok"} and "X-Request-ID" in response.headers


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of the tests that do not change its settings."""
    log = tmp_path_factory.mktemp("stuck") / "server.log"
    server = Server(log, WEB_CONCURRENCY="1", WEB_THREADS=str(THREADS))
    yield server
    server.stop()


class TestLiveness:
    """Threads wait for bodies that never arrive. Before, a probe waited with them."""

    @pytest.fixture
    def stalled(self, server: Server) -> Iterator[list[PendingRequest]]:
        form = "Content-Type: application/json"
        stalled = [
            PendingRequest(server, "POST /api/login/", form, "Content-Length: 2")
            for _ in range(THREADS)
        ]
        # After that, the main thread has passed them to the pool.
        assert [is_alive(server) for _ in range(3)] == [True] * 3
        yield stalled
        for pending in stalled:
            pending.send("{}")
        assert [pending.status() for pending in stalled] == [400] * THREADS

    @pytest.mark.usefixtures("stalled")
    def test_probe_succeeds_while_all_threads_wait(self, server: Server) -> None:
        waiting = PendingRequest(server, "GET /api/events/")
        assert is_alive(server)
        assert not waiting.has_response()  # the control: no thread is free
        waiting.socket.close()

    @pytest.mark.usefixtures("stalled")
    def test_incomplete_probe_does_not_block_other_probes(self, server: Server) -> None:
        """Otherwise anybody could make the orchestrator restart the server."""
        half = socket.create_connection(("127.0.0.1", server.port))
        half.sendall(b"GET /health/live/ HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert is_alive(server)
        half.close()

    def test_idle_connections_take_no_thread(self, server: Server) -> None:
        """Before, every connection occupied a thread for five seconds."""
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
        assert PendingRequest(server, "GET /api/events/").status() == 401
        for waiting in idle:
            waiting.close()

    def test_connection_can_be_used_again(self, server: Server) -> None:
        with requests.Session() as session:
            statuses = [
                session.get(f"{server.url}{path}", timeout=30).status_code
                for path in ("/health/live/", "/api/events/", "/health/live/", "/health/ready/")
            ]
        assert statuses == [200, 401, 200, 200]


def test_processes_share_modules_and_no_connection(server: Server) -> None:
    """Before, every process imported the product: 1.1 s of CPU, and 8 s offline at a reload."""
    arbiter = Path("/proc") / str(server.process.pid)
    assert "orjson" in (arbiter / "maps").read_text()
    sockets = [fd for fd in (arbiter / "fd").iterdir() if "socket:" in str(fd.readlink())]
    assert len(sockets) == 1  # on which it listens
    assert len(list((arbiter / "task").iterdir())) == 1


def headers_of(server: Server, request: str) -> dict[str, str]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as response:
            lines = [line.decode().strip() for line in iter(response.readline, b"\r\n")]
    return dict(line.lower().split(": ", 1) for line in lines[1:] if line)


def test_no_response_names_the_server(server: Server) -> None:
    """`Server: gunicorn` would show attackers which exploits to try first."""
    close = "Host: localhost\r\nConnection: close\r\n\r\n"
    requests = {
        "the API's": f"GET /api/events/ HTTP/1.1\r\n{close}",
        "a page's": f"GET /swagger/ HTTP/1.1\r\n{close}",
        "a stream's": f"GET /static/favicon.svg HTTP/1.1\r\n{close}",
        "gunicorn's own 400": "NONSENSE\r\n\r\n",
        "gunicorn's own 414": f"GET /{'x' * 5000} HTTP/1.1\r\n{close}",
    }
    named = {name for name, request in requests.items() if "server" in headers_of(server, request)}
    assert named == set()


@pytest.mark.real
class TestStuckEvent:
    """Another session holds the lock of its tally."""

    @pytest.fixture
    def crowd(self, transactional_db: None) -> list[str]:
        """Return tokens, whose sessions must be created before the lock."""
        return [access_token(person) for person in people(9)]

    @pytest.fixture
    def stuck(self, crowd: list[str]) -> Event:
        return EventFactory.create()

    def join(self, server: Server, event: Event, token: str) -> requests.Response:
        return requests.post(
            f"{server.url}/api/events/{event.pk}/rsvp/",
            json={"status": "going"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

    def wait_for_threads(self, number: int) -> None:
        """Wait until this many threads work on requests that came after this transaction began.

        Each has a session of its own.
        """
        busy = 0
        while busy < number:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_clear_snapshot()")  # of this transaction
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE query_start > now()"
                    " AND pid <> pg_backend_pid() AND datname = current_database()"
                )
                (busy,) = cursor.fetchone()

    def test_stuck_event_is_busy_and_others_are_not(
        self, serve: Serve, crowd: list[str], stuck: Event
    ) -> None:
        """Before, one locked event blocked all: no response in 24 s."""
        server = serve(**BOUNDED)
        other = EventFactory.create()
        *hot, ada = crowd
        with ThreadPoolExecutor(len(hot)) as pool:
            with transaction.atomic():
                lock_tally(stuck.pk)
                responses = list(pool.map(partial(self.join, server, stuck), hot))
                assert self.join(server, other, ada).status_code == 201
                assert is_alive(server)
            assert self.join(server, stuck, ada).status_code == 201
        assert {response.status_code for response in responses} == {503}
        assert {response.headers["Retry-After"] for response in responses} == {"2"}
        assert {response.json()["code"] for response in responses} == {"too_busy"}
        assert Rsvp.objects.filter(event=stuck).count() == 1
        assert Tally.objects.get(pk=stuck.pk).going == 1

    def test_control_without_bounds_blocks_all_requests(
        self, serve: Serve, crowd: list[str], stuck: Event
    ) -> None:
        server = serve(**UNBOUNDED)
        hot = crowd[:-1]
        with ThreadPoolExecutor(len(hot)) as pool:
            with transaction.atomic():
                lock_tally(stuck.pk)
                waiting = [pool.submit(self.join, server, stuck, token) for token in hot]
                self.wait_for_threads(THREADS)
                other = PendingRequest(server, "GET /api/events/")
                assert is_alive(server)
                assert not other.has_response()
            assert [future.result().status_code for future in waiting] == [201] * len(hot)
        assert other.status() == 401
