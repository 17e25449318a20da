"""HTTP client for provider APIs: total deadline, size limit, secrets kept out of errors.

`requests` alone has no total timeout (its timeouts are for one read each, and DNS lookups have
none), reads the whole body of a redirect, sends cookies and .netrc passwords, and puts the URL,
which can contain a key, into its errors.
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
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CONNECT_S = 3.0  # to each address of a host
READ_S = 10.0  # for each read
_CHUNK = 64 * 1024
# Limit for a response besides its body: headers, interim responses, the framing of chunks.
_BESIDE_BODY = 1024 * 1024
# A firewall or proxy on the way may silently drop connections that were idle for longer.
_IDLE_S = 60.0
HEADERS = {"User-Agent": "event-booking-api", "Accept-Encoding": "gzip"}


class Unreachable(Exception):  # noqa: N818  (it states a fact)
    """No complete response was received. The text is the reason, without the URL."""


class TooLarge(Unreachable):
    """The response is larger than the limit."""


class SecretParams:
    """Query parameters that are hidden in `repr`, and so in the locals of a traceback."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = {name: value for name, value in params.items() if value}

    def __bool__(self) -> bool:
        return bool(self._params)

    def join(self, params: Mapping[str, str]) -> dict[str, str]:
        return {**params, **self._params}

    def redact(self, data: bytes) -> bytes:
        for value in self._params.values():
            data = data.replace(value.encode(), "…".encode())
        return data

    def __repr__(self) -> str:
        return "SecretParams(…)"


@dataclass(frozen=True)
class HttpResponse:
    """`body` is decompressed. `repr` shows the status only: providers repeat keys in responses."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # names are case-insensitive
    body: bytes = field(repr=False)


class ConnectionPool:
    """Keeps connections to one host open for the next request.

    A connection serves one request at a time, so that ending one at its deadline affects no
    other. Thread-safe.
    """

    def __init__(self) -> None:
        self._idle: deque[tuple[BoundedAdapter, float]] = deque()

    def get(
        self,
        url: str,
        params: Mapping[str, str],
        *,
        secret: SecretParams,
        deadline_s: float,
        max_bytes: int,
    ) -> HttpResponse:
        """Return the response, whatever its status, in at most `deadline_s` seconds.

        Redirects are returned, not followed. Proxies and certificates are read from the
        environment, because an egress proxy may be the only route out in production.
        Raises Unreachable and TooLarge.
        """
        adapter = self._take()
        headers = {**HEADERS, "Accept": "application/json"}
        request = requests.Request("GET", url, params=secret.join(params), headers=headers)
        options = requests.Session().merge_environment_settings(url, {}, True, None, None)
        options = {name: options[name] for name in ("proxies", "verify")}
        response = send(adapter, request, deadline_s, max_bytes, options)
        self._idle.append((adapter, time.monotonic()))
        return response

    def _take(self) -> "BoundedAdapter":
        with suppress(IndexError):
            while True:
                adapter, idle_since = self._idle.pop()
                if time.monotonic() - idle_since < _IDLE_S:
                    return adapter
                adapter.close()
        return BoundedAdapter(pool_connections=1, pool_maxsize=1)


def send(
    adapter: HTTPAdapter,
    request: requests.Request,
    deadline_s: float,
    max_bytes: int,
    options: Mapping[str, Any],
) -> HttpResponse:
    """Return the response to one request. Raises Unreachable and TooLarge."""
    exchange = _Exchange(adapter, request, deadline_s, max_bytes, options)
    exchange.start()
    try:
        exchange.join(max(0.0, deadline_s))
    finally:
        result = exchange.end()
    if isinstance(result, Unreachable):
        raise result
    return result


class _Exchange(threading.Thread):
    """One request and its response, in a thread of its own.

    The caller continues at the deadline even if DNS or the server hangs. The exchange owns its
    adapter, and closes it unless a complete response arrived in time.
    """

    def __init__(
        self,
        adapter: HTTPAdapter,
        request: requests.Request,
        deadline_s: float,
        max_bytes: int,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__(name="outbound", daemon=True)
        self._adapter = adapter
        self._request = request
        self._deadline_s = max(0.01, deadline_s)
        self._max_bytes = max_bytes
        self.max_received = max_bytes + _BESIDE_BODY
        self._options = options
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        # Kept because the connection drops its socket when the body ends with the connection.
        self._socket: socket.socket | None = None
        self._result: HttpResponse | Unreachable | None = None

    def run(self) -> None:
        try:
            result = self._receive()
        except TooLarge as error:
            result = TooLarge(str(error))
        except Exception as error:  # noqa: BLE001 (any error can contain the URL)
            result = Unreachable(_reason(error))
        with self._lock:
            self._connection = self._socket = None
            is_in_time = self._result is None
            if is_in_time:
                self._result = result
        if not is_in_time or isinstance(result, Unreachable):
            self._adapter.close()

    def end(self) -> HttpResponse | Unreachable:
        """Return the result; if there is none yet, close the connection."""
        with self._lock:
            if self._result is None:
                self._result = Unreachable(f"no complete response within {self._deadline_s:.1f} s")
                self._shut_down()
            return self._result

    def register(self, connection: HTTPConnection) -> None:
        """Note the connection before it blocks; raise if the caller no longer waits."""
        with self._lock:
            if self._result is not None:
                raise Unreachable("too late")
            self._connection = connection
            self._socket = connection.sock

    def _shut_down(self) -> None:
        """Wake the thread from a blocking read or write. A connect times out by itself."""
        sock = self._socket or (self._connection.sock if self._connection else None)
        if sock is not None:
            with suppress(OSError):  # it is being closed at this moment
                sock.shutdown(socket.SHUT_RDWR)

    def _receive(self) -> HttpResponse | Unreachable:
        # Not through a Session, which adds cookies and .netrc passwords.
        response = self._adapter.send(
            self._request.prepare(),
            stream=True,
            timeout=(min(CONNECT_S, self._deadline_s), min(READ_S, self._deadline_s)),
            **self._options,
        )
        with response:
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self._max_bytes:
                    return _too_large(self._max_bytes)
        return HttpResponse(response.status_code, response.headers, bytes(body))


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"more than {max_bytes:,} bytes")


def _reason(error: BaseException) -> str:
    """Return the class of the innermost cause, with the system's error text.

    The texts of requests and urllib3 contain the URL.
    """
    if isinstance(error, Unreachable):
        return str(error)
    while cause := error.__cause__ or error.__context__:
        error = cause
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno and error.strerror:
        return f"{name}: {error.strerror}"
    return name


class _LimitedSocketReader(io.RawIOBase):
    """Limits the bytes that a socket receives; raises TooLarge beyond the limit.

    A limit on the body counts only bytes that the libraries return, and they may buffer a lot
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


class _LimitedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        reader = _LimitedSocketReader(self.fp.detach(), _current_exchange().max_received)
        self.fp = io.BufferedReader(reader)


class _Connection(HTTPConnection):
    """Registers itself with its exchange, so that it can be closed at any moment."""

    response_class = _LimitedResponse

    def connect(self) -> None:
        _current_exchange().register(self)
        super().connect()
        _current_exchange().register(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _current_exchange().register(self)
        super().request(*args, **kwargs)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


def _current_exchange() -> _Exchange:
    exchange = threading.current_thread()
    assert isinstance(exchange, _Exchange)
    return exchange


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class BoundedAdapter(HTTPAdapter):
    """Opens connections that end at the deadline and at the size limit; for `send` only."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_bounded_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _use_bounded_pools(manager)
        return manager


def _use_bounded_pools(manager: Any) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
