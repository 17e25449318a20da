"""A user's URL reaches no internal service and does not use up the memory."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core import http_client, public_http
from core.http_client import TooLarge, Unreachable
from core.public_http import fetch_public
from tests.core.test_http_client import exchanges, unreachable
from tests.standins.tls import speak_tls
from tests.standins.wire import Sent, Wire, reply

pytestmark = pytest.mark.slow

PUBLIC, OTHER = ("93.184.216.34", 80), ("151.101.1.67", 80)
OURS = ("10.0.0.5", 80)
A_PICTURE = b"\x89PNG and so on"
MAX_BYTES = 100_000
BEHIND = 5.0

Names = Callable[..., list[Any]]


def fetch(url: str, *, deadline_s: float = 2.0) -> bytes:
    return fetch_public(url, max_bytes=MAX_BYTES, deadline_s=deadline_s)


def address_info(address: tuple[str, int]) -> Any:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    return (family, socket.SOCK_STREAM, 6, "", address)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *lookups: list[tuple[str, int]]) -> None:
    """Resolve every name to the next of these lists; the last one is repeated."""
    remaining, look_up = list(lookups), socket.getaddrinfo

    def find(host: str, *args: Any, **kwargs: Any) -> Any:
        if not host.endswith(".example"):
            return look_up(host, *args, **kwargs)
        found = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return [address_info(address) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", find)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Resolve names to given addresses, one list per look-up; the last one is repeated.

    Return the list of addresses of attempted connections, which all fail.
    """
    connects: list[Any] = []

    def record(self: socket.socket, address: Any) -> None:
        connects.append(address)
        raise ConnectionRefusedError

    def resolve(*lookups: list[tuple[str, int]]) -> list[Any]:
        resolve_to(monkeypatch, *lookups)
        monkeypatch.setattr(socket.socket, "connect", record)
        return connects

    return resolve


class TestNames:
    def test_only_the_checked_address_is_connected_to(self, names: Names) -> None:
        connects = names([PUBLIC, OURS])
        with unreachable("ConnectionRefusedError"):
            fetch("http://several.example/")
        assert connects == [PUBLIC]

    def test_private_address_before_a_public_one_is_refused(self, names: Names) -> None:
        connects = names([OURS, PUBLIC])
        with unreachable("InvalidIPAddress"):
            fetch("http://several.example/")
        assert connects == []

    @pytest.mark.parametrize(
        "mapped", ["::ffff:10.0.0.5", "64:ff9b::a00:5", "2002:a00:5::", "fd00::5", "fe80::5"]
    )
    def test_name_with_a_private_address_in_ipv6_is_refused(
        self, names: Names, mapped: str
    ) -> None:
        connects = names([(mapped, 80)])
        with pytest.raises(Unreachable):
            fetch("http://mapped.example/")
        assert connects == []

    def test_link_local_address_with_a_zone_is_refused(self, names: Names) -> None:
        connects = names([("fe80::5%lo", 80)])
        with unreachable("InvalidIPAddress"):
            fetch("http://zoned.example/")
        assert connects == []

    def test_name_without_an_address_is_refused(self, names: Names) -> None:
        names([])
        with pytest.raises(Unreachable):
            fetch("http://empty.example/")


@pytest.fixture
def _loopback_is_public(settings: Any) -> None:
    settings.PICTURES_FROM_LOOPBACK = True


@pytest.mark.usefixtures("_loopback_is_public")
class TestRedirects:
    def test_name_that_changes_between_two_hops_is_checked_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Wire(reply(status=302, Location="/again")) as wire:
            resolve_to(monkeypatch, [("127.0.0.1", wire.server_port)], [OURS])
            with unreachable("InvalidIPAddress"):
                fetch(f"http://rebinding.example:{wire.server_port}/")
            assert len(wire.calls) == 1

    @pytest.mark.parametrize(
        ("target", "reason"),
        [
            ("http://169.254.169.254/latest/meta-data/", "InvalidIPAddress"),
            ("https://[fd00:ec2::254]/", "InvalidIPAddress"),
            ("//10.0.0.5/", "InvalidIPAddress"),
            ("http://olive:secret@127.0.0.1/", "URL contains a username or password"),
            ("ftp://127.0.0.1/", "not an http or https URL"),
            ("gopher://127.0.0.1/", "not an http or https URL"),
            ("data:image/png;base64,AAAA", "not an http or https URL"),
            ("javascript:alert(1)", "not an http or https URL"),
        ],
    )
    def test_target_is_refused(self, target: str, reason: str) -> None:
        with Wire(reply(status=302, Location=target)) as wire, unreachable(reason):
            fetch(wire.url)

    def test_target_at_another_port_is_refused(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where loopback is not public, as in production."""
        send = http_client.send

        def send_once(*args: Any) -> Any:
            response = send(*args)
            settings.PICTURES_FROM_LOOPBACK = False
            return response

        monkeypatch.setattr(public_http, "send", send_once)
        hop = reply(status=302, Location="http://93.184.216.34:6379/")
        with Wire(hop) as wire, unreachable("not a standard port"):
            fetch(wire.url)

    def test_line_breaks_in_a_target_stay_in_its_path(self) -> None:
        """Otherwise the target could add a header to the request."""
        hop = reply(status=302, Location="/a%0d%0aX-Smuggled: yes\tz")
        with Wire(hop, reply(A_PICTURE)) as wire:
            fetch(wire.url)
            assert "X-Smuggled" not in wire.calls[1].headers

    def test_passwords_of_a_netrc_are_not_sent(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login olive password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        with Wire(reply(A_PICTURE)) as wire:
            fetch(wire.url)
            assert wire.calls[0].headers["Authorization"] is None

    @pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"])
    def test_proxies_of_the_environment_are_ignored(
        self, variable: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A proxy resolves the name again, and could connect to its own private network."""
        with Wire(reply(b"by proxy")) as proxy, Wire(reply(A_PICTURE)) as wire:
            monkeypatch.setenv(variable, proxy.url)
            monkeypatch.setenv("no_proxy", "")
            assert fetch(wire.url) == A_PICTURE
            assert proxy.calls == []


H = b"HTTP/1.1 200 OK\r\n"
CHUNKED = H + b"Transfer-Encoding: chunked\r\n\r\n"
# More bytes than a response may have in addition to its body.
MANY = 2_000_000
BOMB = gzip.compress(bytes(20_000_000))


@pytest.mark.usefixtures("_loopback_is_public")
class TestMemory:
    @pytest.mark.parametrize(
        "data",
        [
            # Read to the end of the connection at once, whatever a body may have: 900 MB in 4 s.
            pytest.param(CHUNKED + b"-1\r\n" + b"x" * MANY, id="negative-chunk"),
            pytest.param(CHUNKED + b"fffffffff\r\n" + b"x" * MANY, id="huge-chunk"),
            pytest.param(CHUNKED + b"1\r\nx\r\n" * (MANY // 6), id="tiny-chunks"),
            pytest.param(CHUNKED + b"0\r\n" + b"a: b\r\n" * (MANY // 6), id="trailers"),
            pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * (MANY // 25), id="interim-responses"),
            pytest.param(H + b"Content-Length: -5\r\n\r\n" + b"x" * MANY, id="negative-length"),
            pytest.param(H + b"\r\n" + b"x" * MANY, id="no-length"),
            pytest.param(reply(BOMB, Content_Encoding="gzip"), id="gzip"),
            pytest.param(
                reply(gzip.compress(BOMB), Content_Encoding="gzip, gzip"), id="gzip-in-gzip"
            ),
            pytest.param(
                reply(BOMB, status=302, Location="/", Content_Encoding="gzip"), id="redirect"
            ),
        ],
    )
    def test_unbounded_response_is_refused(self, data: bytes) -> None:
        with Wire(Sent(data)) as wire, pytest.raises(TooLarge):
            fetch(wire.url, deadline_s=BEHIND)

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            pytest.param(CHUNKED + b"0" * 100_000, "ProtocolError", id="chunk-size"),
            pytest.param(H + b"X: " + b"x" * 100_000, "LineTooLong", id="header-line"),
            pytest.param(H + b"X: y\r\n" * 1000, "HTTPException", id="headers"),
            pytest.param(b"HTTP/1.1 200 " + b"x" * 100_000, "LineTooLong", id="status-line"),
            pytest.param(
                H + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "InvalidHeader", id="lengths"
            ),
            pytest.param(reply(b"x" * 99, Content_Encoding="gzip"), "error", id="no-gzip"),
        ],
    )
    def test_invalid_response_is_refused(self, data: bytes, reason: str) -> None:
        with Wire(Sent(data)) as wire, unreachable(reason):
            fetch(wire.url, deadline_s=BEHIND)

    def test_largest_body_is_complete_with_any_framing(self) -> None:
        body = b"x" * MAX_BYTES
        chunks = b"".join(b"64\r\n" + body[:100] + b"\r\n" for _ in range(MAX_BYTES // 100))
        for data in (reply(body), CHUNKED + chunks + b"0\r\n\r\n", H + b"\r\n" + body):
            with Wire(Sent(data, hangs_up=True)) as wire:
                assert fetch(wire.url) == body


class TestTls:
    @pytest.fixture
    def wire(self, tmp_path: Path, settings: Any) -> Iterator[Wire]:
        settings.PICTURES_FROM_LOOPBACK = True
        with Wire(reply(A_PICTURE)) as wire:
            self.certificate = speak_tls(wire, tmp_path, names=["pictures.example"])
            yield wire

    @pytest.fixture
    def _is_trusted(self, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(self.certificate))
        resolve_to(monkeypatch, [("127.0.0.1", wire.server_port)])

    @pytest.mark.usefixtures("_is_trusted")
    def test_certificate_and_host_header_use_the_name(self, wire: Wire) -> None:
        assert fetch(f"https://pictures.example:{wire.server_port}/a.png") == A_PICTURE
        assert wire.calls[0].headers["Host"] == f"pictures.example:{wire.server_port}"
        assert wire.sni_names == ["pictures.example"]

    @pytest.mark.usefixtures("_is_trusted")
    def test_certificate_of_another_name_is_refused(self, wire: Wire) -> None:
        with unreachable("CertificateError"):
            fetch(f"https://other.example:{wire.server_port}/a.png")
        assert wire.calls == []

    def test_slow_handshake_leaves_no_thread_behind(self, settings: Any) -> None:
        settings.PICTURES_FROM_LOOPBACK = True
        with socket.create_server(("127.0.0.1", 0)) as server:
            is_over = threading.Event()

            def drip() -> None:
                connection, _ = server.accept()
                with connection:
                    while not is_over.wait(0.05):
                        connection.send(b"\x16")

            threading.Thread(target=drip, daemon=True).start()
            began_at = time.monotonic()
            with pytest.raises(Unreachable):
                fetch(f"https://127.0.0.1:{server.getsockname()[1]}/", deadline_s=0.3)
            for thread in exchanges():
                thread.join(5)
            assert (exchanges(), time.monotonic() - began_at < 5) == ([], True)
            is_over.set()
