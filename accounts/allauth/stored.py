"""Rows of second factors that cannot be read: data of another program, or a damaged backup."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.core.exceptions import ValidationError

from accounts.allauth.client import UNREADABLE
from accounts.exceptions import SecondFactorUnreadable

logger = structlog.get_logger(__name__)


@contextmanager
def reading_stored_factors() -> Iterator[None]:
    """Raise SecondFactorUnreadable for the errors that libraries raise about such a row.

    Only for calls that decode nothing a client sent.
    """
    try:
        yield
    except (ValidationError, *UNREADABLE) as error:
        logger.exception("second_factor_unreadable")
        raise SecondFactorUnreadable from error


def name_of_passkey(data: Any) -> str:
    """Return the name of the passkey; "" if the row has none."""
    name = data.get("name") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""
