"""Encryption of secrets in the database, and of tokens that clients send back.

Fernet (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec). The first of
`ENCRYPTION_KEYS` encrypts and all of them decrypt, so that keys can be rotated. Each purpose has
keys of its own: text that was sealed for one purpose can't be opened for another.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(ValueError):  # noqa: N818  (it states a fact)
    """The text was not sealed here for this purpose, or too long ago."""


def seal(text: str, *, purpose: str, secret: str = "") -> str:
    """Encrypt text for one purpose, and with a secret if one is given.

    With a secret that is stored nowhere, even the holder of ENCRYPTION_KEYS cannot read the text.
    """
    return _box_of(purpose, secret).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str, secret: str = "", max_age_s: int | None = None) -> str:
    """Decrypt what `seal` returned for the same purpose and secret. Raises CannotOpen."""
    box = _box_of(purpose, secret)
    try:
        return box.decrypt(sealed.encode(), ttl=max_age_s).decode()
    except (InvalidToken, UnicodeError) as error:
        raise CannotOpen from error


def _box_of(purpose: str, secret: str) -> MultiFernet:
    keys = tuple(settings.ENCRYPTION_KEYS)
    # Secrets are not kept in memory, and each is used once or twice.
    return _make_box(f"{purpose}:{secret}", keys) if secret else _box(purpose, keys)


@lru_cache(maxsize=16)
def _box(purpose: str, keys: tuple[str, ...]) -> MultiFernet:
    return _make_box(purpose, keys)


def _make_box(purpose: str, keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_key(key, purpose)) for key in keys])


def _key(key: str, purpose: str) -> bytes:
    digest = hmac.new(key.encode(), f"sealing:{purpose}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest)
