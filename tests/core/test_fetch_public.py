"""Pictures are fetched from any public URL, and from no private address."""

import socket
import time
from typing import Any

import pytest

from core.http_client import TooLarge, Unreachable
from core.public_http import fetch_public
from tests.core.test_http_client import unreachable
from tests.standins.wire import Sent, Wire, reply

PUBLIC = ("93.184.216.34", 80)
A_PICTURE = b"\x89PNG and so on"


@pytest.fixture
def _loopback_is_public(settings: Any) -> None:
    settings.PICTURES_FROM_LOOPBACK = True


def fetch(url: str) -> bytes:
    return fetch_public(url, max_bytes=1000, deadline_s=2.0)


@pytest.mark.usefixtures("_loopback_is_public")
class TestPictures:
    def test_picture_is_fetched(self) -> None:
        with Wire(reply(A_PICTURE)) as wire:
            assert fetch(f"{wire.url}/a.png") == A_PICTURE

    def test_picture_is_fetched_by_host_name(self) -> None:
        with Wire(reply(A_PICTURE)) as wire:
            assert fetch(f"http://localhost:{wire.server_port}/a.png") == A_PICTURE

    def test_three_redirects_are_followed(self) -> None:
        hops = [reply(status=status, Location="/next") for status in (301, 302, 307)]
        with Wire(*hops, reply(A_PICTURE)) as wire:
            assert fetch(wire.url) == A_PICTURE

    def test_fourth_redirect_is_refused(self) -> None:
        with Wire(reply(status=302, Location="/next")) as wire:
            with unreachable("too many redirects"):
                fetch(wire.url)
            assert len(wire.calls) == 4

    @pytest.mark.parametrize("target", ["http://10.0.0.1/", "file:///etc/passwd", "http://[bad"])
    def test_redirect_targets_are_checked(self, target: str) -> None:
        with Wire(reply(status=302, Location=target)) as wire, pytest.raises(Unreachable):
            fetch(wire.url)

    def test_deadline_includes_redirects(self) -> None:
        hop = Sent(reply(status=302, Location="/next"), byte_s=0.004)
        with Wire(hop) as wire:
            began_at = time.monotonic()
            with pytest.raises(Unreachable, match="no complete response"):
                fetch_public(wire.url, max_bytes=1000, deadline_s=0.6)
            assert time.monotonic() - began_at < 1.5

    def test_other_status_is_refused(self) -> None:
        with Wire(reply(A_PICTURE, status=404)) as wire, unreachable("status 404"):
            fetch(wire.url)

    def test_redirect_without_a_target_is_refused(self) -> None:
        with Wire(reply(status=302)) as wire, unreachable("status 302"):
            fetch(wire.url)

    def test_large_picture_is_refused(self) -> None:
        with Wire(reply(b"x" * 1001)) as wire, pytest.raises(TooLarge):
            fetch(wire.url)

    def test_cookies_are_not_sent_to_the_next_hop(self) -> None:
        hop = reply(status=302, Location="/next", Set_Cookie="a=b; Path=/")
        with Wire(hop, reply(A_PICTURE)) as wire:
            fetch(wire.url)
            assert wire.calls[1].headers["Cookie"] is None

    def test_proxies_are_ignored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Wire(reply(b"by proxy")) as proxy, Wire(reply(A_PICTURE)) as wire:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "")
            assert fetch(wire.url) == A_PICTURE
            assert proxy.calls == []

    def test_private_network_is_refused_when_loopback_is_public(self) -> None:
        with unreachable("InvalidIPAddress"):
            fetch("http://192.168.0.1/")

    def test_password_in_the_url_is_refused(self) -> None:
        with Wire(reply(A_PICTURE)) as wire:
            with unreachable("URL contains a username or password"):
                fetch(wire.url.replace("//", "//olive:secret@"))
            assert wire.calls == []


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the list of addresses of attempted connections, which all fail."""
    addresses: list[Any] = []

    def record(self: socket.socket, address: Any) -> None:
        addresses.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", record)
    return addresses


class TestPrivateAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "127.0.0.1",
            "127.1",
            "0",
            "LOCALHOST",
            "localhost.",
            "127.0.0.1%2f.example.com",
            "127.0.0.1\\@93.184.216.34",
            "127。0。0。1",
            "ⓛocalhost",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "①②⑦.0.0.1",
            "0.0.0.0",  # noqa: S104
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::7f00:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::7f00:1]",
            "[100::1]",
            "[2001::7f00:1]",
            "[2001:20::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[3fff::1]",
            "[5f00::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fe80::1%25lo]",
            "[::1%lo]",
            "[fec0::1]",
            "[ff02::1]",
        ],
    )
    def test_address_is_refused(self, host: str, connects: list[Any]) -> None:
        with pytest.raises(Unreachable) as caught:
            fetch(f"http://{host}/latest/meta-data/")
        refusals = {
            "InvalidIPAddress",
            "not a public IP address",
            "InvalidCodepoint",
            "gaierror",
        }
        assert str(caught.value).partition(":")[0] in refusals
        assert connects == []

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("ftp://93.184.216.34/a.png", "not an http or https URL"),
            ("file:///etc/passwd", "not an http or https URL"),
            ("//93.184.216.34/a.png", "MissingSchema"),
            ("http://", "InvalidURL"),
            ("http://93.184.216.34:22/", "not a standard port"),
            ("http://93.184.216.34:443/", "not a standard port"),
            ("https://93.184.216.34:80/", "not a standard port"),
            ("http://olive@93.184.216.34/", "URL contains a username or password"),
            (f"http://{'a' * 64}.example/", "UnicodeError"),
            ("http://93.184.216.34:99999/", "LocationParseError"),
        ],
    )
    def test_url_is_refused(self, url: str, reason: str, connects: list[Any]) -> None:
        with pytest.raises(Unreachable) as caught:
            fetch(url)
        assert (str(caught.value), connects) == (reason, [])

    def test_name_is_looked_up_once(
        self, connects: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A second look-up could find a private address after the check of a public one."""
        look_up, lookups = socket.getaddrinfo, [PUBLIC, ("127.0.0.1", 80)]

        def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host == "rebinding.example":
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", lookups.pop(0))]
            return look_up(host, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        with unreachable("ConnectionRefusedError"):
            fetch("http://rebinding.example/a.png")
        assert connects == [PUBLIC]

    @pytest.mark.parametrize("url", ["http://93.184.216.34/", "http://93.184.216.34:80/a.png"])
    def test_public_address_is_connected_to(self, url: str, connects: list[Any]) -> None:
        with pytest.raises(Unreachable):
            fetch(url)
        assert connects == [PUBLIC]

    def test_public_ipv6_address_is_connected_to(self, connects: list[Any]) -> None:
        with pytest.raises(Unreachable):
            fetch("https://[2606:2800:220:1:248:1893:25c8:1946]/")
        assert [address[:2] for address in connects] == [
            ("2606:2800:220:1:248:1893:25c8:1946", 443)
        ]
