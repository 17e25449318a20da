"""The way out: every call to a server that is not ours.

`requests` alone waits too long (its timeouts are for one read each, and finding a host's address
has none), keeps too much (the whole body of a redirect), adds what nobody asked for (cookies,
passwords from a .netrc), and says too much: its errors hold the URL, and a URL can hold a key.
"""

import io
import socket
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CONNECT_S = 3.0  # to each address of a host
READ_S = 10.0  # for each read
MAX_REDIRECTS = 3
_CHUNK = 64 * 1024
# Limit for a response besides its body: headers, interim responses, the framing of chunks.
_BESIDE_BODY = 1024 * 1024
# What was idle for longer may be forgotten by something on the way, which tells nobody.
_IDLE_S = 60.0
_HEADERS = {"User-Agent": "event-booking-api", "Accept-Encoding": "gzip"}


class Unreachable(Exception):  # noqa: N818  (it states a fact)
    """There is no whole answer. The text says why, and never where it was asked for."""


class TooLarge(Unreachable):
    """The answer has more bytes than we would take."""


class Secret:
    """Parameters that go into a URL and appear nowhere else: in no repr, and so in no collected
    locals of a traceback."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = dict(params)

    def join(self, params: Mapping[str, str]) -> dict[str, str]:
        return {**params, **self._params}

    def cut_out_of(self, data: bytes) -> bytes:
        for value in filter(None, self._params.values()):
            data = data.replace(value.encode(), "…".encode())
        return data

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True)
class Answer:
    """`body` is decoded (gzip). Neither is shown: providers repeat keys in what they answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # whatever the case of their names
    body: bytes = field(repr=False)


class Lines:
    """Connections to one host, kept open for the next call. Each serves one call at a time, so
    that one which was cut is nobody else's. Safe to use by many threads."""

    def __init__(self) -> None:
        self._idle: deque[tuple[_Adapter, float]] = deque()

    def get(
        self,
        url: str,
        params: Mapping[str, str],
        *,
        secret: Secret,
        deadline_s: float,
        max_bytes: int,
    ) -> Answer:
        """Whatever the status; redirects are answers, too. Takes `deadline_s` at most.

        Proxies and certificates are those of the environment, as in production an egress proxy
        may be the only way out. Raises Unreachable, TooLarge.
        """
        adapter = self._take()
        headers = {**_HEADERS, "Accept": "application/json"}
        request = requests.Request("GET", url, params=secret.join(params), headers=headers)
        answer = _ask(adapter, request, deadline_s, max_bytes, _by_environment(url))
        self._idle.append((adapter, time.monotonic()))
        return answer

    def _take(self) -> "_Adapter":
        with suppress(IndexError):
            while True:
                adapter, idle_since = self._idle.pop()
                if time.monotonic() - idle_since < _IDLE_S:
                    return adapter
                adapter.close()
        return _Adapter(pool_connections=1, pool_maxsize=1)


def fetch_public(url: str, *, max_bytes: int, deadline_s: float) -> bytes:
    """What is at a URL that strangers chose, in `deadline_s` at most, redirects included.

    http and https at their own ports, from addresses of the public internet alone: whoever chose
    the URL, or a host on its way, must not reach what only this server can. Loopback is public
    where settings.PICTURES_FROM_LOOPBACK is on, at any port. The environment's proxies are left
    aside, as they would look the host up once more, and perhaps find another address.
    Danger: the bytes can be anything. Raises Unreachable, TooLarge.
    """
    until = time.monotonic() + deadline_s
    for _ in range(1 + MAX_REDIRECTS):
        adapter = _PublicAdapter(
            is_https_proto=url.lower().startswith("https:"),
            allow_loopback=settings.PICTURES_FROM_LOOPBACK,
        )
        request = requests.Request("GET", url, headers=_HEADERS)
        try:
            answer = _ask(adapter, request, until - time.monotonic(), max_bytes, {})
        finally:
            adapter.close()
        if answer.status == 200:
            return answer.body
        url = _redirect(url, answer)
    raise Unreachable("too many redirects")


def _redirect(url: str, answer: Answer) -> str:
    target = answer.headers.get("Location")
    if answer.status not in (301, 302, 303, 307, 308) or not target:
        raise Unreachable(f"status {answer.status}")
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise Unreachable("a redirect to nowhere") from error


def _by_environment(url: str) -> dict[str, Any]:
    """`proxies` and `verify`, from the variables that requests documents."""
    chosen: dict[str, Any] = requests.Session().merge_environment_settings(
        url, {}, True, None, None
    )
    return {name: chosen[name] for name in ("proxies", "verify")}


def _ask(
    adapter: HTTPAdapter,
    request: requests.Request,
    deadline_s: float,
    max_bytes: int,
    how: Mapping[str, Any],
) -> Answer:
    exchange = _Exchange(adapter, request, deadline_s, max_bytes, how)
    exchange.start()
    try:
        exchange.join(max(0.0, deadline_s))
    finally:
        result = exchange.end()
    if isinstance(result, Unreachable):
        raise result
    return result


class _Exchange(threading.Thread):
    """One request and its answer, in a thread of its own: whoever waits for it is free at the
    deadline, whatever hangs. The adapter is its own as long as it lives, and is closed unless a
    whole answer came in time."""

    def __init__(
        self,
        adapter: HTTPAdapter,
        request: requests.Request,
        deadline_s: float,
        max_bytes: int,
        how: Mapping[str, Any],
    ) -> None:
        super().__init__(name="outbound", daemon=True)
        self._adapter = adapter
        self._request = request
        self._deadline_s = max(0.01, deadline_s)
        self._max_bytes = max_bytes
        self._how = how
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        # Kept, as the connection drops its socket if only the end of the connection ends the body.
        self._socket: socket.socket | None = None
        self._result: Answer | Unreachable | None = None

    def run(self) -> None:
        try:
            result = self._asked()
        except TooLarge as error:
            result = TooLarge(str(error))
        except Exception as error:  # noqa: BLE001 (whatever it is, it holds the URL)
            result = Unreachable(_reason(error))
        with self._lock:
            self._connection = self._socket = None
            is_wanted = self._result is None
            if is_wanted:
                self._result = result
        if not is_wanted or isinstance(result, Unreachable):
            self._adapter.close()

    def end(self) -> Answer | Unreachable:
        """The result; where there is none yet there never will be, and the connection is cut."""
        with self._lock:
            if self._result is None:
                self._result = Unreachable(f"no whole answer in {self._deadline_s:.1f} s")
                self._cut()
            return self._result

    def hold(self, connection: HTTPConnection) -> None:
        """Told by a connection before it waits for anything; raises where nobody waits for it."""
        with self._lock:
            if self._result is not None:
                raise Unreachable("too late")
            self._connection = connection
            self._socket = connection.sock

    @property
    def max_received(self) -> int:
        return self._max_bytes + _BESIDE_BODY

    def _cut(self) -> None:
        """Wakes the thread where it reads or writes. What connects ends by itself, soon."""
        sock = self._socket or (self._connection.sock if self._connection else None)
        if sock is not None:
            with suppress(OSError):  # it is just being closed
                sock.shutdown(socket.SHUT_RDWR)

    def _asked(self) -> Answer | Unreachable:
        # Not by a Session: it would follow the rules of a browser, with cookies and all.
        response = self._adapter.send(
            self._request.prepare(),
            stream=True,
            timeout=(min(CONNECT_S, self._deadline_s), min(READ_S, self._deadline_s)),
            **self._how,
        )
        with response:
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self._max_bytes:
                    return _too_large(self._max_bytes)
        return Answer(response.status_code, response.headers, bytes(body))


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"more than {max_bytes:,} bytes")


def _reason(error: BaseException) -> str:
    """The innermost cause by the name of its class, and in the words of the system where it told:
    the texts of the libraries hold the URL."""
    if isinstance(error, Unreachable):
        return str(error)
    while cause := error.__cause__ or error.__context__:
        error = cause
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno and error.strerror:
        return f"{name}: {error.strerror}"
    return name


class _Metered(io.RawIOBase):
    """Limits the bytes that a socket receives; raises TooLarge beyond the limit.

    The limit of a body counts only bytes that the libraries return, and they may buffer a lot
    before: a chunk with a negative size is read to the end of the connection at once.
    """

    def __init__(self, raw: io.RawIOBase, max_bytes: int) -> None:
        self._raw = raw
        self._max_bytes = self._left = max_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        received = self._raw.readinto(buffer)
        self._left -= received or 0
        if self._left < 0:
            raise _too_large(self._max_bytes)
        return received

    def close(self) -> None:
        self._raw.close()
        super().close()


class _MeteredResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Metered(self.fp.detach(), _exchange().max_received))


class _Held(HTTPConnection):
    """Tells the exchange that it serves of itself, so that it can be cut at any moment."""

    response_class = _MeteredResponse

    def connect(self) -> None:
        _hold(self)
        super().connect()
        _hold(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _hold(self)
        super().request(*args, **kwargs)


def _hold(connection: HTTPConnection) -> None:
    _exchange().hold(connection)


def _exchange() -> _Exchange:
    exchange = threading.current_thread()
    assert isinstance(exchange, _Exchange)
    return exchange


class _HeldTls(_Held, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Held


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _HeldTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _have_held(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _have_held(manager)
        return manager


def _have_held(manager: Any) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _PublicAdapter(_Adapter, IPFilterAdapter):
    """The library looks the host up once, refuses private addresses, and connects to the address
    that it has seen."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(request.url)
        scheme, port = ("https", 443) if self._is_https_proto else ("http", 80)
        if parts.scheme != scheme:
            raise Unreachable("neither http nor https")
        if "@" in parts.netloc:
            raise Unreachable("a password in the URL")
        if parts.port not in (None, port) and not self._allow_loopback:
            raise Unreachable("no port of the web")
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        address = ip_address(host["host"].strip("[]"))
        if not (_is_public(address) or (self._allow_loopback and address.is_loopback)):
            raise Unreachable("no address of the public internet")
        return host, pool


# What else there is of IPv6 leads nowhere, or to IPv4 by a way around (RFC 4291, 2.4).
_GLOBAL_UNICAST = ip_network("2000::/3")
# Looks public, but reaches the host's own services from Azure's virtual machines.
_HOST_OF_AZURE = ip_address("168.63.129.16")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Beyond what the library refuses."""
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and address != _HOST_OF_AZURE
