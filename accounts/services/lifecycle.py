"""Deactivate and reactivate accounts, and protect the last superuser."""

from django.db import transaction
from django.db.models import Q

from accounts import snapshots
from accounts.exceptions import AccountErased, LastAdmin
from accounts.models import User
from accounts.services.sessions import end_all_sessions
from accounts.signals import account_deactivated


def deactivate(*, user: User) -> None:
    """Deactivate an account and release its seats. Raises LastAdmin.

    In two steps, so that no seat is lost: first the account ends (committed), then the seats of
    each event are released in a transaction of its own. A simultaneous join waits or is refused;
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


def lock_unless_last(user_id: int) -> User:
    """Lock a user whose account ends or who stops being a superuser. Raises LastAdmin.

    All active superusers are locked with the user, in the order of their ids: when two superusers
    remove each other at the same time, the second request waits and then is refused. Call it in a
    transaction.
    """
    is_active_superuser = Q(is_superuser=True, is_active=True)
    rows = User.objects.select_for_update(no_key=True).filter(Q(pk=user_id) | is_active_superuser)
    people = {person.pk: person for person in rows.order_by("pk")}
    person = people.pop(user_id)
    if person.is_superuser and person.is_active and not people:
        raise LastAdmin
    return person
