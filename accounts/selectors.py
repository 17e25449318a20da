"""Reads on people and their ways in."""

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet

from accounts.models import User


def has_verified_email(user: User) -> bool:
    """Whether the address that counts now was verified, not one that is to replace it."""
    verified = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(verified.exists())


def sessions_of(user: User) -> QuerySet[UserSession]:
    """Where they are signed in, newest first."""
    mine: QuerySet[UserSession] = UserSession.objects.filter(user=user)
    return mine.order_by("-created_at", "-pk")
