"""The organizer role: people turn it on and off, admins grant and revoke it."""

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
    """Take the organizer role up, or give it up. Without a change nothing is checked.

    The role can be taken up again after its holder gave it up, but not after an
    admin took it away. Raises OrganizerSignupClosed, EmailNotVerified, and what
    the receivers of `organizer_role_ending` raise.
    """
    if is_organizer == user.is_organizer:
        return
    # Locked, so that a simultaneous decision of an admin is read or waits.
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


def note_decision(*, user: User) -> None:
    """Remember that an admin granted the role or took it away; the caller saves the user."""
    user.organizer_revoked_at = None if user.is_organizer else timezone.now()


def revoke_role(*, user: User) -> None:
    """Take the role away, also from somebody who gave it up and could take it up again."""
    User.objects.filter(pk=user.pk).update(is_organizer=False, organizer_revoked_at=timezone.now())
    snapshots.forget(user.pk)
