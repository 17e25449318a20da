"""The session store: Django's sessions in the database, encrypted.

Between two steps a session holds the secret of a second factor that is being set up, or the
challenge of a passkey. A copy of the database must not reveal them.
"""

from copy import deepcopy
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils.crypto import constant_time_compare

from accounts.models import User
from core.crypto import CannotOpen, seal, unseal


def is_session_of(session: SessionBase, person: User, *, key: str = HASH_SESSION_KEY) -> bool:
    """Return whether the person is active and their password is still that of the session.

    `key` names the entry that holds the digest of the password's hash.
    """
    is_same = constant_time_compare(str(session.get(key, "")), person.get_session_auth_hash())
    return bool(person.is_active and is_same)


class SessionStore(DatabaseSessionStore):
    _saved: Any = None

    def save(self, must_create: bool = False) -> None:
        """Write the session if it differs from what was just written: allauth saves it twice."""
        content = dict(self._get_session(no_load=must_create))  # type: ignore[attr-defined]
        if must_create or self._saved != (self.session_key, content):
            super().save(must_create)
            self._saved = self.session_key, deepcopy(content)

    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal(super().encode(session_dict), purpose="session")

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return {} if the data cannot be decrypted, as Django does for a bad signature."""
        try:
            content: dict[str, Any] = super().decode(unseal(str(session_data), purpose="session"))
        except CannotOpen:
            return {}
        return content
