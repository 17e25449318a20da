"""Reads on users, addresses and sessions."""

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.exceptions import EmailNotVerified
from accounts.models import AddressChange, User
from core.email_addresses import email_forms


def has_verified_email(user: User) -> bool:
    """Return whether the current address is verified; a pending new one does not count."""
    verified = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(verified.exists())


def verified_address() -> Exists:
    """Return `has_verified_email` as a condition on a queryset of users."""
    addresses = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"))
    return Exists(addresses.filter(verified=True))


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
