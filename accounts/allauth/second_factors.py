"""Second factors of allauth: codes, and stored rows that cannot be read."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from allauth.mfa.base.forms import AuthenticateForm
from cryptography.exceptions import UnsupportedAlgorithm
from django.core.exceptions import ValidationError

from accounts.exceptions import SecondFactorUnreadable
from accounts.models import User

logger = structlog.get_logger(__name__)

# Raised by fido2 for bytes that are not a credential.
UNREADABLE = (
    TypeError, ValueError, KeyError, AttributeError, IndexError, AssertionError, OverflowError,
    RecursionError, NotImplementedError, struct.error, UnsupportedAlgorithm,
)  # fmt: skip


@contextmanager
def reading_stored_factors() -> Iterator[None]:
    """Raise SecondFactorUnreadable for a row of another program or of a damaged backup.

    Use it only around calls that decode nothing a client sent.
    """
    try:
        yield
    except (ValidationError, *UNREADABLE) as error:
        logger.exception("second_factor_unreadable")
        raise SecondFactorUnreadable from error


def passkey_name(data: Any) -> str:
    """Return the name of a passkey; "" if the row has none."""
    name = data.get("name") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def is_valid_code(user: User, code: str) -> bool:
    """Return whether an app shows this code, or whether it is a recovery code, which is used up."""
    return bool(AuthenticateForm({"code": code}, user=user).is_valid())
