"""The way out, against servers of every sort on loopback."""

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

from config.outbound import Answer, Lines, Secret, TooLarge, Unreachable, fetch_public
from tests.standins.tls import speak_tls
from tests.standins.wire import Sent, Wire, reply

KEY = "key-that-nobody-may-see"
PUBLIC = ("93.184.216.34", 80)
A_PICTURE = b"\x89PNG and so on"


def get(lines: Lines, url: str, *, deadline_s: float = 5.0, max_bytes: int = 1_000_000) -> Answer:
    return lines.get(
        url, {"q": "jazz"}, secret=Secret({"key": KEY}), deadline_s=deadline_s, max_bytes=max_bytes
    )


@contextmanager
def unreachable(reason: str) -> Iterator[None]:
    with pytest.raises(Unreachable) as caught:
        yield
    assert str(caught.value) == reason


def exchanges() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "outbound"]


class TestAsking:
    def test_answer_has_status_headers_and_body(self) -> None:
        with Wire(reply({"total": 0}, status=404, X_Told="so")) as wire:
            answer = get(Lines(), wire.url)
        assert (answer.status, answer.headers["x-told"], answer.body) == (
            404,
            "so",
            b'{"total": 0}',
        )

    def test_secret_joins_the_query(self) -> None:
        with Wire(reply({})) as wire:
            get(Lines(), f"{wire.url}/events")
            assert wire.calls[0].path == f"/events?q=jazz&key={KEY}"

    def test_secret_and_answer_show_nothing(self) -> None:
        answer = Answer(401, {"X-Key": KEY}, KEY.encode())
        assert (repr(Secret({"key": KEY})), repr(answer)) == ("Secret(…)", "Answer(status=401)")

    def test_secret_is_cut_out_of_what_repeats_it(self) -> None:
        told = f"Invalid key {KEY}".encode()
        assert Secret({"key": KEY, "other": ""}).cut_out_of(told).decode() == "Invalid key …"

    def test_compressed_body_is_decoded(self) -> None:
        with Wire(reply(gzip.compress(b"[]"), Content_Encoding="gzip")) as wire:
            assert get(Lines(), wire.url).body == b"[]"

    def test_redirect_is_an_answer(self) -> None:
        with Wire(reply(b"")) as inside, Wire(reply(status=302, Location=inside.url)) as wire:
            assert get(Lines(), wire.url).status == 302
            assert inside.calls == []

    def test_cookies_are_not_kept(self) -> None:
        with Wire(reply(b"", Set_Cookie="a=b; Path=/")) as wire:
            lines = Lines()
            get(lines, wire.url)
            get(lines, wire.url)
            assert wire.calls[1].headers["Cookie"] is None

    def test_passwords_of_a_netrc_are_not_sent(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login olive password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        with Wire(reply(b"")) as wire:
            get(Lines(), wire.url)
            assert wire.calls[0].headers["Authorization"] is None

    def test_goes_by_the_proxy_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Wire(reply(b"by proxy")) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            assert get(Lines(), "http://provider.example/events").body == b"by proxy"
            assert proxy.calls[0].path.startswith("http://provider.example/events?")


class TestConnections:
    def test_are_kept_for_the_next_call(self) -> None:
        with Wire(reply(b"[]")) as wire:
            lines = Lines()
            for _ in range(3):
                get(lines, wire.url)
            assert wire.connections == 1

    def test_serve_one_call_at_a_time(self) -> None:
        with Wire(Sent(reply(b"[]"), byte_s=0.001)) as wire, ThreadPoolExecutor(8) as threads:
            lines = Lines()
            answers = list(threads.map(lambda _: get(lines, wire.url).body, range(40)))
            assert (answers, len(wire.calls)) == ([b"[]"] * 40, 40)
            assert wire.connections <= 8

    def test_cut_one_is_not_used_again(self) -> None:
        with Wire(Sent(reply(b"[1, 2]"), byte_s=0.05), reply(b"[3]")) as wire:
            lines = Lines()
            with pytest.raises(Unreachable):
                get(lines, wire.url, deadline_s=0.2)
            assert get(lines, wire.url).body == b"[3]"
            assert wire.connections == 2

    def test_one_with_the_rest_of_a_large_body_is_not_used_again(self) -> None:
        with Wire(reply(b"x" * 3_000_000), reply(b"[3]")) as wire:
            lines = Lines()
            with pytest.raises(TooLarge):
                get(lines, wire.url)
            assert get(lines, wire.url).body == b"[3]"
            assert wire.connections == 2

    def test_one_that_was_closed_meanwhile_is_made_anew(self) -> None:
        with Wire(Sent(reply(b"[1]"), hangs_up=True)) as wire:
            lines = Lines()
            get(lines, wire.url)
            time.sleep(0.1)
            assert get(lines, wire.url).body == b"[1]"
            assert wire.connections == 2

    def test_idle_one_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("config.outbound._IDLE_S", 0.0)
        with Wire(reply(b"[]")) as wire:
            lines = Lines()
            get(lines, wire.url)
            get(lines, wire.url)
            assert wire.connections == 2


class TestDeadline:
    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param(Sent(reply(b"[]"), byte_s=0.1), id="headers-drip"),
            pytest.param(Sent(reply(b"[]" + b" " * 1000), byte_s=0.005), id="body-drips"),
            pytest.param(Sent(b"HTTP/1.1 200 OK\r\n"), id="headers-end-nowhere"),
            pytest.param(Sent(reply(b"[", length=2)), id="body-ends-nowhere"),
        ],
    )
    def test_ends_what_does_not_end(self, sent: Sent) -> None:
        with Wire(sent) as wire:
            began_at = time.monotonic()
            with unreachable("no whole answer in 0.5 s"):
                get(Lines(), wire.url, deadline_s=0.5)
            assert time.monotonic() - began_at < 1.5
            # The thread that was left behind has been woken, too.
            for thread in exchanges():
                thread.join(1)
            assert exchanges() == []

    def test_ends_a_search_for_the_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = threading.Event()
        began_at = time.monotonic()
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found.wait(20))
            with pytest.raises(Unreachable):
                get(Lines(), "http://provider.example", deadline_s=0.3)
        assert time.monotonic() - began_at < 1.5
        found.set()

    def test_nobody_connects_after_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        look_up = socket.getaddrinfo

        def slowly(*args: Any, **kwargs: Any) -> Any:
            time.sleep(0.5)
            return look_up(*args, **kwargs)

        with Wire(reply(b"[]")) as wire:
            with monkeypatch.context() as patch:
                patch.setattr(socket, "getaddrinfo", slowly)
                with pytest.raises(Unreachable):
                    get(Lines(), wire.url, deadline_s=0.2)
            for thread in exchanges():
                thread.join(2)
            assert wire.calls == []

    def test_read_waits_no_longer_than_its_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("config.outbound.READ_S", 0.2)
        with Wire(reply(b"")) as wire:
            wire.is_hanging = True
            with unreachable("TimeoutError"):
                get(Lines(), wire.url)


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
        lines = Lines()
        assert [get(lines, wire.url).body for _ in range(2)] == [b"[]", b"[]"]
        assert wire.connections == 1

    @pytest.mark.usefixtures("_is_trusted")
    def test_deadline_ends_what_drips(self, wire: Wire) -> None:
        wire.answers = [Sent(reply(b"[]"), byte_s=0.1)]
        with unreachable("no whole answer in 0.5 s"):
            get(Lines(), wire.url, deadline_s=0.5)
        for thread in exchanges():
            thread.join(1)
        assert exchanges() == []

    def test_strange_certificate_is_refused(self, wire: Wire) -> None:
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            get(Lines(), wire.url)
        assert wire.calls == []

    @pytest.mark.usefixtures("_loopback_is_public")
    def test_strange_certificate_of_a_picture_is_refused(self, wire: Wire) -> None:
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            fetch(wire.url)
        assert wire.calls == []


class TestSize:
    def test_body_may_have_so_many_bytes(self) -> None:
        with Wire(reply(b"x" * 1000)) as wire:
            assert len(get(Lines(), wire.url, max_bytes=1000).body) == 1000

    def test_larger_body_is_refused(self) -> None:
        with Wire(reply(b"x" * 1001)) as wire, pytest.raises(TooLarge, match="1,000 bytes"):
            get(Lines(), wire.url, max_bytes=1000)

    def test_counts_what_is_decoded(self) -> None:
        bomb = gzip.compress(bytes(50_000_000))
        with Wire(reply(bomb, Content_Encoding="gzip")) as wire, pytest.raises(TooLarge):
            get(Lines(), wire.url, max_bytes=1_000_000)

    def test_body_of_a_redirect_counts(self) -> None:
        bomb = reply(b"x" * 2000, status=302, Location="/")
        with Wire(bomb) as wire, pytest.raises(TooLarge):
            get(Lines(), wire.url, max_bytes=1000)


class TestErrors:
    """They say why, and never where."""

    def test_nobody_there(self, nowhere: str) -> None:
        with unreachable("ConnectionRefusedError: Connection refused"):
            get(Lines(), f"http://{nowhere}")

    def test_unknown_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*args: object, **kwargs: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", unknown)
            with unreachable("gaierror: Name or service not known"):
                get(Lines(), "http://provider.example")

    def test_hung_up(self) -> None:
        with Wire(reply(b"")) as wire, unreachable("RemoteDisconnected"):
            wire.is_hanging_up = True
            get(Lines(), wire.url)

    def test_less_than_announced(self) -> None:
        cut = Sent(reply(b"[1,", length=6), hangs_up=True)
        with Wire(cut) as wire, unreachable("IncompleteRead"):
            get(Lines(), wire.url)

    def test_no_http(self) -> None:
        greeting = Sent(b"SSH-2.0\r\n\r\n", hangs_up=True)
        with Wire(greeting) as wire, unreachable("BadStatusLine"):
            get(Lines(), wire.url)

    def test_no_url(self) -> None:
        with unreachable("MissingSchema"):
            get(Lines(), "provider.example")

    def test_have_no_other_errors_behind_them(self, nowhere: str) -> None:
        with pytest.raises(Unreachable) as caught:
            get(Lines(), f"http://{nowhere}")
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.fixture
def _loopback_is_public(settings: Any) -> None:
    settings.PICTURES_FROM_LOOPBACK = True


def fetch(url: str) -> bytes:
    return fetch_public(url, max_bytes=1000, deadline_s=2.0)


@pytest.mark.usefixtures("_loopback_is_public")
class TestPictures:
    def test_are_fetched(self) -> None:
        with Wire(reply(A_PICTURE)) as wire:
            assert fetch(f"{wire.url}/a.png") == A_PICTURE

    def test_are_fetched_by_a_name(self) -> None:
        with Wire(reply(A_PICTURE)) as wire:
            assert fetch(f"http://localhost:{wire.server_port}/a.png") == A_PICTURE

    def test_three_redirects_are_followed(self) -> None:
        hops = [reply(status=status, Location="/next") for status in (301, 302, 307)]
        with Wire(*hops, reply(A_PICTURE)) as wire:
            assert fetch(wire.url) == A_PICTURE

    def test_four_redirects_are_too_many(self) -> None:
        with Wire(reply(status=302, Location="/next")) as wire:
            with unreachable("too many redirects"):
                fetch(wire.url)
            assert len(wire.calls) == 4

    @pytest.mark.parametrize("target", ["http://10.0.0.1/", "file:///etc/passwd", "http://[bad"])
    def test_redirects_are_checked_as_well(self, target: str) -> None:
        with Wire(reply(status=302, Location=target)) as wire, pytest.raises(Unreachable):
            fetch(wire.url)

    def test_deadline_covers_the_redirects(self) -> None:
        hop = Sent(reply(status=302, Location="/next"), byte_s=0.004)
        with Wire(hop) as wire:
            began_at = time.monotonic()
            with pytest.raises(Unreachable, match="no whole answer"):
                fetch_public(wire.url, max_bytes=1000, deadline_s=0.6)
            assert time.monotonic() - began_at < 1.5

    def test_other_status_is_no_picture(self) -> None:
        with Wire(reply(A_PICTURE, status=404)) as wire, unreachable("status 404"):
            fetch(wire.url)

    def test_redirect_to_nowhere_is_no_picture(self) -> None:
        with Wire(reply(status=302)) as wire, unreachable("status 302"):
            fetch(wire.url)

    def test_large_ones_are_refused(self) -> None:
        with Wire(reply(b"x" * 1001)) as wire, pytest.raises(TooLarge):
            fetch(wire.url)

    def test_cookies_do_not_go_along(self) -> None:
        hop = reply(status=302, Location="/next", Set_Cookie="a=b; Path=/")
        with Wire(hop, reply(A_PICTURE)) as wire:
            fetch(wire.url)
            assert wire.calls[1].headers["Cookie"] is None

    def test_proxies_are_left_aside(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Wire(reply(b"by proxy")) as proxy, Wire(reply(A_PICTURE)) as wire:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "")
            assert fetch(wire.url) == A_PICTURE
            assert proxy.calls == []

    def test_only_loopback_is_public_beside_the_internet(self) -> None:
        with unreachable("InvalidIPAddress"):
            fetch("http://192.168.0.1/")

    def test_password_in_the_url_is_refused(self) -> None:
        with Wire(reply(A_PICTURE)) as wire:
            with unreachable("a password in the URL"):
                fetch(wire.url.replace("//", "//olive:secret@"))
            assert wire.calls == []


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """To which addresses somebody tried to connect; none of them is reached."""
    addresses: list[Any] = []

    def note(self: socket.socket, address: Any) -> None:
        addresses.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", note)
    return addresses


class TestWhatIsNotPublic:
    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "①②⑦.0.0.1",
            "0.0.0.0",  # noqa: S104
            "10.0.0.1",
            "100.64.0.1",
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
            "[64:ff9b::7f00:1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
        ],
    )
    def test_address_is_refused(self, host: str, connects: list[Any]) -> None:
        with pytest.raises(Unreachable) as caught:
            fetch(f"http://{host}/latest/meta-data/")
        refusals = {"InvalidIPAddress", "no address of the public internet", "InvalidCodepoint"}
        assert str(caught.value) in refusals
        assert connects == []

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("ftp://93.184.216.34/a.png", "neither http nor https"),
            ("file:///etc/passwd", "neither http nor https"),
            ("//93.184.216.34/a.png", "MissingSchema"),
            ("http://", "InvalidURL"),
            ("http://93.184.216.34:22/", "no port of the web"),
            ("http://93.184.216.34:443/", "no port of the web"),
            ("https://93.184.216.34:80/", "no port of the web"),
            ("http://olive@93.184.216.34/", "a password in the URL"),
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
        """Or it could be a public address when it is checked, and ours when it is asked."""
        look_up, answers = socket.getaddrinfo, [PUBLIC, ("127.0.0.1", 80)]

        def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host == "rebinding.example":
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", answers.pop(0))]
            return look_up(host, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        with unreachable("ConnectionRefusedError"):
            fetch("http://rebinding.example/a.png")
        assert connects == [PUBLIC]

    @pytest.mark.parametrize("url", ["http://93.184.216.34/", "http://93.184.216.34:80/a.png"])
    def test_public_address_is_asked(self, url: str, connects: list[Any]) -> None:
        with pytest.raises(Unreachable):
            fetch(url)
        assert connects == [PUBLIC]

    def test_public_address_of_ipv6_is_asked(self, connects: list[Any]) -> None:
        with pytest.raises(Unreachable):
            fetch("https://[2606:2800:220:1:248:1893:25c8:1946]/")
        assert [address[:2] for address in connects] == [
            ("2606:2800:220:1:248:1893:25c8:1946", 443)
        ]
