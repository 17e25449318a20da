"""Django's sessions in the database, sealed.

Between two steps a session holds what must not be read from a copy of the
database: the secret of a second factor that is being set up, the challenge of
a passkey.
"""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from config.sealing import CannotOpen, seal, unseal


class SessionStore(DatabaseSessionStore):
    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal(super().encode(session_dict), purpose="session")

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Empty where it cannot be read, as Django's own does with a broken signature."""
        try:
            opened = unseal(str(session_data), purpose="session")
        except CannotOpen:
            return {}
        content: dict[str, Any] = super().decode(opened)
        return content
