"""The normalized text of passwords, and the signal for a replaced hash."""

import unicodedata

from django.dispatch import Signal

# Sent with `user` and `former_hash`, in the transaction, when a correct password was hashed again:
# the password is the same, so what was begun with the former hash goes on.
password_rehashed = Signal()


def normalize_password(typed: str) -> str:
    """Return the password in NFKC (NIST SP 800-63B, 3.1.1.2).

    One password is typed in several forms: "é" is one character on most keyboards and two on some
    phones, and Japanese keyboards also have wide Latin letters.
    """
    return unicodedata.normalize("NFKC", typed)


def forms_of_password(typed: str) -> list[str]:
    """Return the texts that a stored hash may be of: first NFKC, then the text as typed.

    Passwords that were set before passwords were normalized are hashed as typed.
    """
    return list(dict.fromkeys([normalize_password(typed), typed]))
