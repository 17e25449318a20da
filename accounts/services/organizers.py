"""The organizer role: people turn it on and off, admins grant and revoke it."""

from django.conf import settings
from django.utils import timezone

from accounts import snapshots
from accounts.models import User
from config.errors import RuleBroken


class OrganizerSignupClosed(RuleBroken):
    status = 403
    code = "organizer_signup_closed"
    message = "You can't become an organizer by yourself. Ask an admin for the role."
    next_step = "ask_an_admin"


def choose_role(*, user: User, is_organizer: bool) -> None:
    """Take the organizer role up, or give it up. Without a change nothing is checked.

    The role can be taken up again after its holder gave it up, but not after an
    admin took it away. Raises OrganizerSignupClosed.
    """
    if is_organizer == user.is_organizer:
        return
    # One statement, so that a simultaneous decision of an admin is not overwritten.
    rows = User.objects.filter(pk=user.pk)
    if is_organizer:
        rows = rows.filter(organizer_revoked_at=None)
    is_closed = is_organizer and not settings.ORGANIZER_SELF_SIGNUP
    if is_closed or not rows.update(is_organizer=is_organizer):
        raise OrganizerSignupClosed
    snapshots.forget(user.pk)
    user.is_organizer = is_organizer


def note_decision(*, user: User) -> None:
    """Remember that an admin granted the role or took it away; the caller saves the user."""
    user.organizer_revoked_at = None if user.is_organizer else timezone.now()


def revoke_role(*, user: User) -> None:
    """Take the role away, also from somebody who gave it up and could take it up again."""
    User.objects.filter(pk=user.pk).update(is_organizer=False, organizer_revoked_at=timezone.now())
    snapshots.forget(user.pk)
