"""Counts the statements that PostgreSQL receives, by a proxy in front of it.

Each message of the type Query is one: psycopg2 sends no other kind. So BEGIN, COMMIT and the check
of a kept connection count, and settings that are sent in front of a statement do not.
Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import socket
import struct
import threading
from urllib.parse import urlsplit

_QUERY = b"Q"


class CountingProxy:
    """Forwards connections to PostgreSQL. `statements` is the number so far."""

    def __init__(self, database_url: str) -> None:
        url = urlsplit(database_url)
        self._address = (url.hostname or "127.0.0.1", url.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.statements = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(self._address)
            for work in (self._count, self._return):
                threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _count(self, client: socket.socket, server: socket.socket) -> None:
        """Forward the client's messages one by one. The first one has no type."""
        source = client.makefile("rb")
        kind = b""
        while len(size := source.read(4)) == 4:
            [length] = struct.unpack("!I", size)
            server.sendall(kind + size + source.read(length - 4))
            self.statements += kind == _QUERY
            kind = source.read(1)
        server.close()

    def _return(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:  # one of the two hung up
            client.close()
