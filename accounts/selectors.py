"""Reads on users, addresses and sessions."""

from functools import cache
from typing import NamedTuple

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.exceptions import EmailNotVerified
from accounts.models import AddressChange, User
from core.database.statements import Parameter, Statement
from core.email_addresses import email_forms
from notifications.models import Preferences
from notifications.selectors import EffectivePreferences, effective

_PREFERENCES = ("channels", "has_own_leads", "quiet_from", "quiet_to")


def has_verified_email(user: User) -> bool:
    """Return whether the current address is verified; a pending new one does not count."""
    verified = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(verified.exists())


def verified_address() -> Exists:
    """Return `has_verified_email` as a condition on a queryset of users."""
    addresses = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"))
    return Exists(addresses.filter(verified=True))


class ProfileParts(NamedTuple):
    """What the profile shows beside the columns of the user."""

    is_verified: bool
    interests: list[int]
    notifications: EffectivePreferences


def profile_parts(user: User) -> ProfileParts:
    """Return the parts, with one query, and another one for own lead times."""
    rows = _profile_parts().rows(user=user.pk)  # one for each interest
    is_verified, _, has_preferences, *values = rows[0]
    stored = dict(zip(_PREFERENCES, values, strict=True)) if has_preferences else {}
    interests = [category for _, category, *_ in rows if category is not None]
    return ProfileParts(is_verified, interests, effective(user.pk, Preferences(**stored)))


@cache
def _profile_parts() -> Statement:
    users = User.objects.filter(pk=Parameter("user", BigIntegerField()))
    columns = [f"notification_preferences__{name}" for name in ("pk", *_PREFERENCES)]
    rows = users.order_by("interests__name", "interests")
    return Statement.of(rows.values_list(verified_address(), "interests", *columns))


def is_email_taken(email: str, *, besides: int = 0) -> bool:
    """Return whether an account other than `besides` has this address, or may get it back.

    A verified address stays reserved while its owner can undo a change: otherwise an attacker could
    block the undo by registering with it.
    """
    owners = User.objects.with_email(email).exclude(pk=besides)
    reserved = open_changes().filter(old_email__in=email_forms(email), was_verified=True)
    return bool(owners.exists() or reserved.exclude(user=besides).exists())


def open_changes() -> QuerySet[AddressChange]:
    """Return the changes of addresses that can still be undone."""
    return AddressChange.objects.filter(closed_at=None, undo_until__gt=timezone.now())


def require_verified_email_to_organize(user: User) -> None:
    """Raises EmailNotVerified if REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE is on."""
    if settings.REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE and not has_verified_email(user):
        raise EmailNotVerified


def session_kind(session: UserSession) -> str:
    return "admin" if session.data.get("is_admin") else "api"
