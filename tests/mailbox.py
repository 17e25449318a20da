"""A real mail server on loopback, whose responses tests choose."""

import asyncio
import email
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


class Mailbox:
    """Keeps the messages that it receives.

    `refuse_senders`, `refuse_recipients` and `refuse_data` are responses such as `550 No such user`
    to that command; empty: accept. `is_hanging`: never respond after the mail. `refuse_logins`:
    refuse every login. `unknown`: addresses that are refused. `cut_at`: the mail, counted from 0,
    in which the connection is cut, once. `most_per_connection`: the mails after which the next one
    of the connection is answered with 421. All of them may change between two mails.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse_senders = ""
        self.refuse_recipients = ""
        self.refuse_data = ""
        self.refuse_logins = False
        self.is_hanging = False
        self.unknown: set[str] = set()
        self.cut_at = -1
        self.most_per_connection = 1_000
        self.connections = 0
        self._server = _Server(
            self,
            hostname="127.0.0.1",
            port=0,
            auth_require_tls=False,
            authenticator=self._authenticate,
        )
        self._server.start()

    @property
    def port(self) -> int:
        return self._server.port

    def receive_mail_of(self, settings: Any) -> None:
        """Make Django send to this server. `settings` is pytest-django's fixture."""
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False

    def stop(self) -> None:
        dropped = self._server.drop_connections()
        asyncio.run_coroutine_threadsafe(dropped, self._server.loop).result(10)
        self._server.stop()

    def _authenticate(self, *_: Any) -> AuthResult:
        return AuthResult(success=not self.refuse_logins, handled=False)

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's names)
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        session.mails = 0
        self.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        session.mails += 1
        if session.mails > self.most_per_connection:
            return "421 4.7.0 Too many mails over this connection"
        if not self.refuse_senders:
            envelope.mail_from = address
        return self.refuse_senders or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 Nobody of that name"
        if not self.refuse_recipients:
            envelope.rcpt_tos.append(address)
        return self.refuse_recipients or "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.is_hanging:
            await asyncio.Event().wait()
        if len(self.messages) == self.cut_at:
            self.cut_at = -1
            server.transport.abort()
            return "421 4.3.2 Gone"  # nobody reads it
        if not self.refuse_data:
            message = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
        return self.refuse_data or "250 OK"


class _Server(Controller):
    """Listens on a free port that the system chooses."""

    def __init__(self, handler: Any, **options: Any) -> None:
        super().__init__(handler, **options)
        self._connections: list[SMTP] = []

    def factory(self) -> SMTP:
        connection = super().factory()
        self._connections.append(connection)
        return connection

    async def drop_connections(self) -> None:
        """Close what clients have left open, which the end of the server does not."""
        while open_ones := [one.transport for one in self._connections if one.transport]:
            for transport in open_ones:
                transport.abort()
            await asyncio.sleep(0)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
