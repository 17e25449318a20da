"""The names of the kinds in rows, the API and mail headers. They never change."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest

from notifications import kinds
from notifications.kinds import Channel, Priority


class Kind(StrEnum):
    RSVP_CONFIRMED = "rsvp_confirmed"
    WAITLISTED = "waitlisted"
    PROMOTED = "promoted"
    RSVP_CANCELLED = "rsvp_cancelled"
    EVENT_CHANGED = "event_changed"
    EVENT_CANCELLED = "event_cancelled"
    REMINDER = "reminder"
    REVIEW_REQUEST = "review_request"
    NEW_IN_INTERESTS = "new_in_interests"
    PAYMENT_RECEIPT = "payment_receipt"
    REFUNDED = "refunded"
    VERIFY_EMAIL = "verify_email"
    VERIFY_PHONE = "verify_phone"
    RESET_PASSWORD = "reset_password"
    ACCOUNT_SECURITY = "account_security"
    ADMIN_ALERT = "admin_alert"

    @property
    def is_about_account(self) -> bool:
        return kinds.get(self).is_about_account

    @property
    def priority(self) -> Priority:
        return kinds.get(self).priority

    @property
    def label(self) -> str:
        return kinds.get(self).label


SWITCHABLE = [Kind(kind.name) for kind in kinds.switchable()]
# Kinds sent by mail.
ACCOUNT_KINDS = [
    Kind(kind.name) for kind in kinds.all_kinds() if kind.account_channel == Channel.EMAIL
]


def change_kind(patch: pytest.MonkeyPatch, kind: str, **changes: Any) -> None:
    """Replace fields of a registered kind, such as its link, during a test."""
    patch.setitem(kinds._registered, kind, replace(kinds.get(kind), **changes))
