"""Notices as the upper apps create them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from notifications import kinds
from notifications.services import Notice
from tests.notifications.kinds import Kind

EVENT: dict[str, Any] = {
    "id": 42,
    "title": "Rooftop Jazz Night",
    "starts_at": "2027-06-04T17:00:00+00:00",
    "ends_at": "2027-06-04T20:00:00+00:00",
    "timezone": "Europe/Berlin",
    "location": "Dachgarten, Berlin",
    "sequence": 0,
    "organizer": "olive",
}


def notice(
    user: User,
    kind: Kind = Kind.RSVP_CONFIRMED,
    *,
    occasion: str = "answer 7",
    event_id: int | None = 42,
    context: dict[str, Any] | None = None,
    useful_until: datetime | None = None,
) -> Notice[Any]:
    """Build a notice about EVENT that is useful for a year by default."""
    registered = kinds.get(kind)
    data = {"event": EVENT, "events": [EVENT], "guests": 0} if context is None else context
    return Notice(
        user_id=user.pk,
        kind=registered,
        event_id=event_id,
        occasion=occasion,
        context=registered.context.read(data),
        useful_until=useful_until or timezone.now() + timedelta(days=365),
    )


def about_account(
    user: User,
    kind: Kind = Kind.ACCOUNT_SECURITY,
    *,
    occasion: str = "password changed 1",
    email: str = "",
    context: dict[str, str] | None = None,
) -> Notice[Any]:
    """Build a notice about the account; `context` is added to the default one."""
    contexts: dict[Kind, dict[str, Any]] = {
        Kind.ACCOUNT_SECURITY: {"what": "password_changed", "at": "2026-11-22T18:05:00+00:00"},
        Kind.VERIFY_EMAIL: {"address_id": 1},
        Kind.ADMIN_ALERT: {"setting": "SMS_PER_DAY", "budget": 2000},
    }
    registered = kinds.get(kind)
    return Notice(
        user_id=user.pk,
        kind=registered,
        occasion=occasion,
        context=registered.context.read(contexts.get(kind, {}) | (context or {})),
        useful_until=timezone.now() + timedelta(days=1),
        email=email,
    )
