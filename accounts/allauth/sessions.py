"""Django's sessions in the database, sealed.

Between two steps a session holds what must not be read from a copy of the
database: the secret of a second factor that is being set up, the challenge of
a passkey.
"""

from typing import Any

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils.crypto import constant_time_compare

from accounts.models import User
from core.crypto import CannotOpen, seal, unseal


def is_still_of(session: SessionBase, person: User) -> bool:
    """Whether the person is active and has the password with which the session was begun."""
    begun_with = str(session.get(HASH_SESSION_KEY, ""))
    is_same = constant_time_compare(begun_with, person.get_session_auth_hash())
    return bool(person.is_active and is_same)


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
