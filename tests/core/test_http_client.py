"""The HTTP client, against well-behaved and broken servers on loopback."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.http_client import ConnectionPool, HttpResponse, SecretParams, TooLarge, Unreachable
from core.public_http import fetch_public
from tests.standins.tls import speak_tls
from tests.standins.wire import Sent, Wire, reply

pytestmark = pytest.mark.slow

KEY = "key-that-nobody-may-see"


def get(
    pool: ConnectionPool, url: str, *, deadline_s: float = 5.0, max_bytes: int = 1_000_000
) -> HttpResponse:
    return pool.get(
        url,
        {"q": "jazz"},
        secret=SecretParams({"key": KEY}),
        deadline_s=deadline_s,
        max_bytes=max_bytes,
    )


@contextmanager
def unreachable(reason: str) -> Iterator[None]:
    with pytest.raises(Unreachable) as caught:
        yield
    assert str(caught.value) == reason


def exchanges() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "outbound"]


class TestRequests:
    def test_response_has_status_headers_and_body(self) -> None:
        with Wire(reply({"total": 0}, status=404, X_Reason="so")) as wire:
            response = get(ConnectionPool(), wire.url)
        assert (response.status, response.headers["x-reason"], response.body) == (
            404,
            "so",
            b'{"total": 0}',
        )

    def test_secret_is_added_to_the_query(self) -> None:
        with Wire(reply({})) as wire:
            get(ConnectionPool(), f"{wire.url}/events")
            assert wire.calls[0].path == f"/events?q=jazz&key={KEY}"

    def test_repr_hides_secret_and_response(self) -> None:
        response = HttpResponse(401, {"X-Key": KEY}, KEY.encode())
        assert (repr(SecretParams({"key": KEY})), repr(response)) == (
            "SecretParams(…)",
            "HttpResponse(status=401)",
        )

    def test_repeated_secret_is_redacted(self) -> None:
        message = f"Invalid key {KEY}".encode()
        assert SecretParams({"key": KEY, "other": ""}).redact(message).decode() == "Invalid key …"

    def test_compressed_body_is_decoded(self) -> None:
        with Wire(reply(gzip.compress(b"[]"), Content_Encoding="gzip")) as wire:
            assert get(ConnectionPool(), wire.url).body == b"[]"

    def test_redirect_is_not_followed(self) -> None:
        with Wire(reply(b"")) as inside, Wire(reply(status=302, Location=inside.url)) as wire:
            assert get(ConnectionPool(), wire.url).status == 302
            assert inside.calls == []

    def test_cookies_are_not_kept(self) -> None:
        with Wire(reply(b"", Set_Cookie="a=b; Path=/")) as wire:
            pool = ConnectionPool()
            get(pool, wire.url)
            get(pool, wire.url)
            assert wire.calls[1].headers["Cookie"] is None

    def test_passwords_of_a_netrc_are_not_sent(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login olive password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        with Wire(reply(b"")) as wire:
            get(ConnectionPool(), wire.url)
            assert wire.calls[0].headers["Authorization"] is None

    def test_proxy_of_the_environment_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Wire(reply(b"by proxy")) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            assert get(ConnectionPool(), "http://provider.example/events").body == b"by proxy"
            assert proxy.calls[0].path.startswith("http://provider.example/events?")


class TestConnections:
    def test_connection_is_kept_for_the_next_call(self) -> None:
        with Wire(reply(b"[]")) as wire:
            pool = ConnectionPool()
            for _ in range(3):
                get(pool, wire.url)
            assert wire.connections == 1

    def test_connection_serves_one_call_at_a_time(self) -> None:
        with Wire(Sent(reply(b"[]"), byte_s=0.001)) as wire, ThreadPoolExecutor(8) as threads:
            pool = ConnectionPool()
            bodies = list(threads.map(lambda _: get(pool, wire.url).body, range(40)))
            assert (bodies, len(wire.calls)) == ([b"[]"] * 40, 40)
            assert wire.connections <= 8

    def test_connection_past_the_deadline_is_not_reused(self) -> None:
        with Wire(Sent(reply(b"[1, 2]"), byte_s=0.05), reply(b"[3]")) as wire:
            pool = ConnectionPool()
            with pytest.raises(Unreachable):
                get(pool, wire.url, deadline_s=0.2)
            assert get(pool, wire.url).body == b"[3]"
            assert wire.connections == 2

    def test_connection_with_unread_bytes_is_not_reused(self) -> None:
        with Wire(reply(b"x" * 3_000_000), reply(b"[3]")) as wire:
            pool = ConnectionPool()
            with pytest.raises(TooLarge):
                get(pool, wire.url)
            assert get(pool, wire.url).body == b"[3]"
            assert wire.connections == 2

    def test_closed_connection_is_opened_again(self) -> None:
        with Wire(Sent(reply(b"[1]"), hangs_up=True)) as wire:
            pool = ConnectionPool()
            get(pool, wire.url)
            time.sleep(0.1)
            assert get(pool, wire.url).body == b"[1]"
            assert wire.connections == 2

    def test_idle_connection_is_not_reused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.http_client._IDLE_S", 0.0)
        with Wire(reply(b"[]")) as wire:
            pool = ConnectionPool()
            get(pool, wire.url)
            get(pool, wire.url)
            assert wire.connections == 2


class TestDeadline:
    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param(Sent(reply(b"[]"), byte_s=0.1), id="headers-drip"),
            pytest.param(Sent(reply(b"[]" + b" " * 1000), byte_s=0.02), id="body-drips"),
            pytest.param(Sent(b"HTTP/1.1 200 OK\r\n"), id="headers-end-nowhere"),
            # http.client drops its socket before the body of these is read: the host could
            # keep a thread and a socket occupied without end.
            pytest.param(
                Sent(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1000, byte_s=0.02),
                id="body-without-a-length-drips",
            ),
            pytest.param(
                Sent(reply(b"x" * 1000, Connection="close"), byte_s=0.02),
                id="body-of-the-last-response-drips",
            ),
            pytest.param(Sent(reply(b"[", length=2)), id="body-ends-nowhere"),
        ],
    )
    def test_deadline_ends_an_endless_response(self, sent: Sent) -> None:
        with Wire(sent) as wire:
            began_at = time.monotonic()
            with unreachable("no complete response within 0.5 s"):
                get(ConnectionPool(), wire.url, deadline_s=0.5)
            assert time.monotonic() - began_at < 5  # all of them take 10 s or more
            # The thread of the exchange ends, too.
            for thread in exchanges():
                thread.join(5)
            assert exchanges() == []

    def test_deadline_ends_a_name_look_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = threading.Event()
        began_at = time.monotonic()
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found.wait(20))
            with pytest.raises(Unreachable):
                get(ConnectionPool(), "http://provider.example", deadline_s=0.3)
        assert time.monotonic() - began_at < 5
        found.set()

    def test_deadline_prevents_a_later_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        look_up = socket.getaddrinfo

        def slowly(*args: Any, **kwargs: Any) -> Any:
            time.sleep(0.5)
            return look_up(*args, **kwargs)

        with Wire(reply(b"[]")) as wire:
            with monkeypatch.context() as patch:
                patch.setattr(socket, "getaddrinfo", slowly)
                with pytest.raises(Unreachable):
                    get(ConnectionPool(), wire.url, deadline_s=0.2)
            for thread in exchanges():
                thread.join(2)
            assert wire.calls == []

    def test_read_waits_no_longer_than_its_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.http_client.READ_S", 0.2)
        with Wire(reply(b"")) as wire:
            wire.is_hanging = True
            with unreachable("TimeoutError"):
                get(ConnectionPool(), wire.url)


class TestTls:
    @pytest.fixture
    def wire(self, tmp_path: Path) -> Iterator[Wire]:
        with Wire(reply(b"[]")) as wire:
            self.certificate = speak_tls(wire, tmp_path)
            yield wire

    @pytest.fixture
    def _is_trusted(self, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(self.certificate))

    @pytest.mark.usefixtures("_is_trusted")
    def test_certificates_are_those_of_the_environment(self, wire: Wire) -> None:
        pool = ConnectionPool()
        assert [get(pool, wire.url).body for _ in range(2)] == [b"[]", b"[]"]
        assert wire.connections == 1

    @pytest.mark.usefixtures("_is_trusted")
    def test_deadline_ends_a_slow_response(self, wire: Wire) -> None:
        wire.replies = [Sent(reply(b"[]"), byte_s=0.1)]
        with unreachable("no complete response within 0.5 s"):
            get(ConnectionPool(), wire.url, deadline_s=0.5)
        for thread in exchanges():
            thread.join(1)
        assert exchanges() == []

    def test_unknown_certificate_is_refused(self, wire: Wire) -> None:
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            get(ConnectionPool(), wire.url)
        assert wire.calls == []

    def test_unknown_certificate_of_a_picture_is_refused(self, wire: Wire, settings: Any) -> None:
        settings.PICTURES_FROM_LOOPBACK = True
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            fetch_public(wire.url, max_bytes=1000, deadline_s=2.0)
        assert wire.calls == []


class TestSize:
    def test_body_of_the_limit_is_accepted(self) -> None:
        with Wire(reply(b"x" * 1000)) as wire:
            assert len(get(ConnectionPool(), wire.url, max_bytes=1000).body) == 1000

    def test_larger_body_is_refused(self) -> None:
        with Wire(reply(b"x" * 1001)) as wire, pytest.raises(TooLarge, match="1,000 bytes"):
            get(ConnectionPool(), wire.url, max_bytes=1000)

    def test_decoded_bytes_count(self) -> None:
        bomb = gzip.compress(bytes(50_000_000))
        with Wire(reply(bomb, Content_Encoding="gzip")) as wire, pytest.raises(TooLarge):
            get(ConnectionPool(), wire.url, max_bytes=1_000_000)

    def test_redirect_body_counts(self) -> None:
        bomb = reply(b"x" * 2000, status=302, Location="/")
        with Wire(bomb) as wire, pytest.raises(TooLarge):
            get(ConnectionPool(), wire.url, max_bytes=1000)


class TestErrors:
    """Errors name the reason and never the URL."""

    def test_refused_connection(self, nowhere: str) -> None:
        with unreachable("ConnectionRefusedError: Connection refused"):
            get(ConnectionPool(), f"http://{nowhere}")

    def test_unknown_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*args: object, **kwargs: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", unknown)
            with unreachable("gaierror: Name or service not known"):
                get(ConnectionPool(), "http://provider.example")

    def test_closed_connection(self) -> None:
        with Wire(reply(b"")) as wire, unreachable("RemoteDisconnected"):
            wire.is_hanging_up = True
            get(ConnectionPool(), wire.url)

    def test_short_body(self) -> None:
        cut = Sent(reply(b"[1,", length=6), hangs_up=True)
        with Wire(cut) as wire, unreachable("IncompleteRead"):
            get(ConnectionPool(), wire.url)

    def test_response_other_than_http(self) -> None:
        greeting = Sent(b"SSH-2.0\r\n\r\n", hangs_up=True)
        with Wire(greeting) as wire, unreachable("BadStatusLine"):
            get(ConnectionPool(), wire.url)

    def test_invalid_url(self) -> None:
        with unreachable("MissingSchema"):
            get(ConnectionPool(), "provider.example")

    def test_errors_have_no_cause(self, nowhere: str) -> None:
        with pytest.raises(Unreachable) as caught:
            get(ConnectionPool(), f"http://{nowhere}")
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)
