"""The organizer role: users turn it on and off, admins grant and revoke it."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import snapshots
from accounts.exceptions import OrganizerSignupClosed
from accounts.models import User
from accounts.selectors import require_verified_email_to_organize
from accounts.signals import organizer_role_ending


@transaction.atomic
def choose_role(*, user: User, is_organizer: bool) -> None:
    """Turn the user's own organizer role on or off.

    Users can turn it on again after they turned it off, but not after an admin revoked it. Raises
    OrganizerSignupClosed, EmailNotVerified, and the refusals of the receivers of
    `organizer_role_ending`.
    """
    if is_organizer == user.is_organizer:
        return
    # Locked, so that a simultaneous decision of an admin is either seen or waits.
    person = User.objects.locked(user.pk) or user
    if is_organizer:
        if person.organizer_revoked_at or not settings.ORGANIZER_SELF_SIGNUP:
            raise OrganizerSignupClosed
        require_verified_email_to_organize(person)
    else:
        organizer_role_ending.send(sender=User, user=person)
    User.objects.filter(pk=user.pk).update(is_organizer=is_organizer)
    snapshots.forget(user.pk)
    user.is_organizer = is_organizer


def record_decision(*, user: User) -> None:
    """Record an admin's decision on the role; the caller saves the user."""
    user.organizer_revoked_at = None if user.is_organizer else timezone.now()


def revoke_role(*, user: User) -> None:
    """Revoke the role, also of users who turned it off and could turn it on again."""
    User.objects.filter(pk=user.pk).update(is_organizer=False, organizer_revoked_at=timezone.now())
    snapshots.forget(user.pk)
