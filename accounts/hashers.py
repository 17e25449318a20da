"""How passwords are hashed: with Argon2id, and formerly with Django's PBKDF2.

The reasons are in docs/adr/0028-passwords-with-argon2.md.
"""

import threading

from django.conf import settings
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    BasePasswordHasher,
    get_hasher,
    get_hashers,
    identify_hasher,
    must_update_salt,
)

# More of them at once would only take more memory: each needs a core.
_at_once = threading.BoundedSemaphore(settings.CORES)


class Argon2(Argon2PasswordHasher):
    """Argon2id with the minimum of OWASP: 19 MiB, two passes, one lane; about 20 ms."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _at_once:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        with _at_once:
            return bool(super().verify(password, encoded))


def former_algorithms() -> list[str]:
    """Return the algorithms of hashes that earlier versions stored."""
    return [str(hasher.algorithm) for hasher in get_hashers()[1:]]


def spend_other_hashings(forms: list[str], encoded: str, *, former: list[str]) -> None:
    """Hash with the current and the former algorithms, except the one spent on this hash."""
    current = get_hasher()
    spent = _hasher_of(encoded) or current
    for hasher in [current, *map(get_hasher, former)]:
        if hasher.algorithm == spent.algorithm:
            continue
        for form in forms:
            hasher.encode(form, hasher.salt())


def salt_of(encoded: str) -> str:
    """Return the salt, which a new password changes and a better hash of the same does not.

    Without a usable password, return the random text in its place.
    """
    hasher = _hasher_of(encoded)
    return str(hasher.decode(encoded)["salt"]) if hasher else encoded


def salt_to_keep(encoded: str) -> str | None:
    """Return the salt for a better hash of the same password; None if it is too short."""
    salt = salt_of(encoded)
    return None if must_update_salt(salt, BasePasswordHasher.salt_entropy) else salt


def _hasher_of(encoded: str) -> BasePasswordHasher | None:
    """Return the hasher; None if no password can match."""
    try:
        hasher: BasePasswordHasher = identify_hasher(encoded)
    except ValueError:
        return None
    return hasher
