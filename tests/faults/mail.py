"""A mail server that fails on demand."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from email import message_from_bytes
from enum import Enum, auto
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax


class Manner(Enum):
    """How the server treats a mail."""

    TAKE = auto()
    BUSY = auto()  # 451: try again later
    HANG = auto()  # takes the connection and sends nothing
    CUT = auto()  # closes the connection during DATA
    HOLD = auto()  # reads it all, and responds only after `release`


@dataclass(frozen=True)
class Mail:
    """A mail that the server accepted with 250."""

    to: str
    kind: str
    message_id: str


class MailServer:
    """Serves on a port of loopback, in its own thread, until `stop`.

    `mails`: the accepted mails, in order. `held`: the number of mails that it holds now. A client
    that hangs up before the 250 has delivered nothing.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.manner = Manner.TAKE
        self.mails: list[Mail] = []
        self.held = 0
        self.connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._released = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self.open()

    def stop(self) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self) -> None:
        self._run(self._open())

    def close(self) -> None:
        """Refuse new connections and close the open ones."""
        self._run(self._close())

    def hang_up(self) -> None:
        """End all connections: mails that were sent on them and not accepted yet never are."""
        self.close()
        self.open()

    def release(self) -> list[Mail]:
        """Accept the held mails, and all later ones. Return the held ones."""
        before = len(self.mails)
        self._run(self._release())
        return self.mails[before:]

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        self._server = await self._loop.create_server(
            lambda: _Connection(self, self._loop), "127.0.0.1", self.port
        )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            await asyncio.sleep(0.05)  # connections that were just accepted
        for connection in list(self.connections):
            connection.cut()
        while self.connections:
            await asyncio.sleep(0.01)

    async def _release(self) -> None:
        self.manner = Manner.TAKE
        self._released.set()
        while self.held:
            await asyncio.sleep(0.01)
        self._released.clear()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.manner == Manner.BUSY:
            return "451 4.3.2 Try again later"
        if self.manner == Manner.HOLD:
            self.held += 1
            try:
                await self._released.wait()
            finally:
                self.held -= 1
        content = envelope.original_content
        assert isinstance(content, bytes)
        message = message_from_bytes(content)
        kind, message_id = message["X-Notification-Kind"], message["Message-ID"]
        self.mails += [Mail(str(to), str(kind), str(message_id)) for to in envelope.rcpt_tos]
        return "250 2.0.0 Taken"


class _Connection(SMTP):
    def __init__(self, mail_server: MailServer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(mail_server, loop=loop, hostname="localhost", enable_SMTPUTF8=True)
        self.mail_server = mail_server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.mail_server.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.mail_server.connections.discard(self)
        super().connection_lost(error)

    def cut(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def push(self, status: str | bytes) -> None:
        if self.mail_server.manner == Manner.HANG:
            await self._until_client_hangs_up()
        await super().push(status)

    async def _until_client_hangs_up(self) -> None:
        """Wait forever: asyncio cancels this when the connection ends."""
        await self.loop.create_future()

    @syntax("DATA")  # type: ignore[untyped-decorator]
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.mail_server.manner == Manner.CUT:
            await self.push("354 Go ahead")
            await self._reader.readline()
            self.cut()
            await self._until_client_hangs_up()
        else:
            await super().smtp_DATA(arg)
