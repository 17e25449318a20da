"""Receivers of signals of allauth, Django and accounts."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import password_reset, user_logged_in
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions import signals as usersessions
from allauth.usersessions.models import UserSession
from django.contrib.auth import signals as auth
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts import snapshots
from accounts.allauth.client import InnerRequest
from accounts.authentication import caller
from accounts.models import User
from accounts.passwords import password_rehashed
from accounts.services import sessions
from accounts.services.admin_sessions import end_admin_session, open_admin_session

# allauth's receiver checks every session of the user, with two queries each. Here the task
# `forget_dead_sessions` does that once a day.
user_logged_in.disconnect(receiver=usersessions.on_user_logged_in)


@receiver(user_logged_in)
def keep_session(*, request: Any, user: User, **_: Any) -> None:
    """Insert the row in one statement: a login has a new key, so there is none to find."""
    UserSession.objects.create(
        user=user,
        session_key=request.session.session_key,
        ip=request.META["REMOTE_ADDR"],
        user_agent=request.META["HTTP_USER_AGENT"][:200],
    )


@receiver(auth.user_logged_in)
def keep_admin_session(*, request: Any, user: User, **_: Any) -> None:
    """Record logins to the admin; logins through allauth belong to the API."""
    if not isinstance(request, InnerRequest):
        open_admin_session(user=user, session=request.session, caller=caller(request))


@receiver(auth.user_logged_out)
def forget_admin_session(*, request: Any, **_: Any) -> None:
    if not isinstance(request, InnerRequest):
        end_admin_session(request.session)


@receiver(password_reset)
def verify_address(*, user: User, **_: Any) -> None:
    """Verify the address, because the key came from a mail to it.

    The account may have been registered by another person with this address, who could have linked
    a provider to get back in.
    """
    address = EmailAddress.objects.filter(user=user, email=user.email).first()
    if address is not None and not address.verified:
        SocialAccount.objects.filter(user=user).delete()
        address.set_verified()


@receiver(password_rehashed)
def keep_sessions(*, user: User, former_hash: str, **_: Any) -> None:
    sessions.keep_sessions(user=user, former_hash=former_hash)


@receiver([post_save, post_delete], sender=User)
def forget_person(*, instance: User, **_: Any) -> None:
    snapshots.forget(instance.pk)


@receiver(post_delete, sender=UserSession)
def forget_session(*, instance: UserSession, **_: Any) -> None:
    snapshots.forget(instance.user_id)
