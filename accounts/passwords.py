"""The normalized text of passwords, and the signal for a replaced hash."""

import unicodedata

from django.dispatch import Signal

# Sent with `user` and `former_hash`, in the transaction, when a correct password was hashed again.
# The password is the same, so sessions that began with the former hash continue.
password_rehashed = Signal()


def normalize_password(typed: str) -> str:
    """Return the password in NFKC (NIST SP 800-63B, 3.1.1.2).

    Keyboards produce different characters for the same password: "é" is one character on most and
    two on some phones, and Japanese keyboards also have wide Latin letters.
    """
    return unicodedata.normalize("NFKC", typed)


def forms_of_password(typed: str) -> list[str]:
    """Return the texts to compare with a hash: NFKC, then the text as typed.

    Hashes of earlier versions are of the text as typed.
    """
    return list(dict.fromkeys([normalize_password(typed), typed]))
