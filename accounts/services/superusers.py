"""Protects the last superuser: without one, nobody could make another one."""

from django.db.models import Q

from accounts.exceptions import LastAdmin
from accounts.models import User


def lock_unless_last(user_id: int) -> User:
    """Lock a person whose account ends or who stops being a superuser. Raises LastAdmin.

    All active superusers are locked with the person, in the order of their ids: when two
    superusers remove each other at the same time, the second request waits and then is refused.
    Call it in a transaction.
    """
    is_active_superuser = Q(is_superuser=True, is_active=True)
    rows = User.objects.select_for_update(no_key=True).filter(Q(pk=user_id) | is_active_superuser)
    people = {person.pk: person for person in rows.order_by("pk")}
    person = people.pop(user_id)
    if person.is_superuser and person.is_active and not people:
        raise LastAdmin
    return person
