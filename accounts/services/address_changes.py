"""Undo a change of the e-mail address, for an owner whose account was taken over.

Docs: docs/adr/0007-accounts.md, "A changed address can be undone".
"""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import mails
from accounts.allauth.client import Caller
from accounts.models import AddressChange, User
from accounts.notifications import change_of_key
from accounts.selectors import has_verified_email, open_changes
from accounts.services.login_places import remember_place
from accounts.services.sessions import end_all_sessions
from accounts.signals import account_recovered
from core.errors import BadValue

UNDO_FOR = timedelta(hours=72)
WRONG_KEY = BadValue(
    "key", "invalid_key", "This link is invalid, expired or already used. Open the latest one."
)
EMAIL_TAKEN = BadValue(
    "key", "email_taken", "Another account uses this e-mail address now. Use another one."
)


def begin_change(*, user: User, new_email: str, caller: Caller) -> AddressChange:
    """Record a change of the address, and mail the old one a link to undo it.

    The caller has locked the user.
    """
    now = timezone.now()
    change = AddressChange.objects.create(
        user=user, old_email=user.email, was_verified=has_verified_email(user),
        new_email=new_email, asked_at=now, undo_until=now + UNDO_FOR,
    )  # fmt: skip
    _tell_old_address(change, "email_change_asked", caller)
    return change


def complete_change(*, user: User, old_email: str, was_verified: bool, caller: Caller) -> None:
    """Record that the new address is verified, and mail the old one again.

    The 72 hours for the undo begin again. The caller has locked the user.
    """
    now = timezone.now()
    rows = AddressChange.objects.filter(user=user, old_email=old_email, closed_at=None)
    change = rows.filter(new_email=user.email).order_by("pk").last()
    if change is None:
        # Requested before these rows existed, or more than 72 hours ago.
        change = AddressChange(
            user=user, old_email=old_email, was_verified=was_verified, new_email=user.email,
            asked_at=now,
        )  # fmt: skip
    change.undo_until = now + UNDO_FOR
    change.save()
    _tell_old_address(change, "email_changed", caller)


def _tell_old_address(change: AddressChange, what: str, caller: Caller) -> None:
    """Address the mail explicitly: when it is sent, the account may have the attacker's address."""
    mails.send_security(
        user_id=change.user_id,
        what=what,
        detail=change.new_email,
        email=change.old_email,
        change_id=change.pk,
        **vars(caller),
    )


def undo_email_change(*, key: str, caller: Caller) -> EmailAddress:
    """Undo a change: restore the old address, verified or not as before, and return it.

    Works once, also after later changes. Ends all sessions; removes the password, which an
    attacker may know, and second factors, passkeys and linked providers that were added since 72
    hours before the change was requested; mails a link for a new password. Raises BadValue.
    """
    try:
        with transaction.atomic():
            return _undo(key, caller)
    except IntegrityError as error:
        raise EMAIL_TAKEN from error


def _undo(key: str, caller: Caller) -> EmailAddress:
    change_id = change_of_key(key)
    found = AddressChange.objects.filter(pk=change_id).first() if change_id else None
    person = User.objects.locked(found.user_id) if found else None
    # Check again under the lock: of simultaneous uses only the first one counts.
    change = open_changes().filter(pk=found.pk).first() if found else None
    if person is None or change is None or not person.is_active:
        raise WRONG_KEY
    address = _restore_address(person, change)
    _remove_credentials(person, added_since=change.asked_at - UNDO_FOR)
    end_all_sessions(user=person)
    # Later changes may be an attacker's: undoing them would lead to the attacker's addresses.
    void_changes(user=person, since=change)
    account_recovered.send(sender=User, user=person)
    mails.send_security(
        user_id=person.pk, what="email_change_undone", email=change.old_email, **vars(caller)
    )
    mails.send_reset(person)
    remember_place(user_id=person.pk, caller=caller)
    return address


def _restore_address(person: User, change: AddressChange) -> EmailAddress:
    """Raises IntegrityError if another account has the address."""
    EmailAddress.objects.filter(user=person).exclude(email=change.old_email).delete()
    address, _ = EmailAddress.objects.update_or_create(
        user=person,
        email=change.old_email,
        defaults={"primary": True, "verified": change.was_verified},
    )
    person.email = change.old_email
    # An attacker may know the password, and could log in again before the owner does.
    person.set_unusable_password()
    person.save(update_fields=["email", "password"])
    return address


def _remove_credentials(person: User, *, added_since: datetime) -> None:
    """Keep older ones: access to a mailbox must not be enough to remove them."""
    factors = Authenticator.objects.filter(user=person)
    factors.filter(created_at__gte=added_since).delete()
    if not factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
        factors.delete()
    SocialAccount.objects.filter(user=person, date_joined__gte=added_since).delete()


def void_changes(*, user: User, since: AddressChange | None = None) -> None:
    """Void the links of the changes from `since` on, or of all."""
    rows = AddressChange.objects.filter(user=user, closed_at=None)
    (rows.filter(pk__gte=since.pk) if since else rows).update(closed_at=timezone.now())


def forget_old_changes() -> int:
    """Delete the rows whose links have expired; return their number."""
    expired, _ = AddressChange.objects.filter(undo_until__lt=timezone.now()).delete()
    return expired
