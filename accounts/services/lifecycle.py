"""The end of accounts, and their return."""

from django.db import transaction

from accounts import snapshots
from accounts.exceptions import AccountErased
from accounts.models import User
from accounts.services.sessions import end_all_sessions
from accounts.services.superusers import lock_unless_last
from accounts.signals import account_deactivated


def deactivate(*, user: User) -> None:
    """Lock a person out and give their seats back. Raises LastAdmin.

    In two steps, so that no seat is lost: first the account ends (committed), then the seats of
    each event are given back in a transaction of its own. A simultaneous join waits or is refused;
    repeating this is safe.
    """
    with transaction.atomic():
        lock_unless_last(user.pk)
        User.objects.filter(pk=user.pk).update(is_active=False)
        end_all_sessions(user=user)
        snapshots.forget(user.pk)
    user.is_active = False
    account_deactivated.send(sender=User, user=user)


def reactivate(*, user: User) -> None:
    """Raises AccountErased."""
    if not User.objects.filter(pk=user.pk, erasure_asked_at=None).update(is_active=True):
        raise AccountErased
    snapshots.forget(user.pk)
    user.is_active = True
