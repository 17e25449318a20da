"""Reads on people and their ways in."""

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.exceptions import EmailNotVerified
from accounts.models import AddressChange, User
from core.email_addresses import email_forms


def has_verified_email(user: User) -> bool:
    """Whether the address that counts now was verified, not one that is to replace it."""
    verified = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(verified.exists())


def verified_address() -> Exists:
    """The same as a condition on users: whether they have a verified address."""
    addresses = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"))
    return Exists(addresses.filter(verified=True))


def is_email_taken(email: str, *, besides: int = 0) -> bool:
    """Whether an account other than `besides` has this address, or may get it back.

    A verified address stays reserved while its owner can still undo a change: otherwise a thief
    could block the undo by registering with it.
    """
    owners = User.objects.with_email(email).exclude(pk=besides)
    reserved = open_changes().filter(old_email__in=email_forms(email), was_verified=True)
    return bool(owners.exists() or reserved.exclude(user=besides).exists())


def open_changes() -> QuerySet[AddressChange]:
    """Return the changes of addresses that can still be undone."""
    return AddressChange.objects.filter(closed_at=None, undo_until__gt=timezone.now())


def require_verified_email_to_organize(user: User) -> None:
    """Raises EmailNotVerified, where REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE is on."""
    if settings.REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE and not has_verified_email(user):
        raise EmailNotVerified


def kind_of(session: UserSession) -> str:
    return "admin" if session.data.get("is_admin") else "api"


def sessions_of(user: User) -> QuerySet[UserSession]:
    """Where they are signed in, newest first."""
    mine: QuerySet[UserSession] = UserSession.objects.filter(user=user)
    return mine.order_by("-created_at", "-pk")
