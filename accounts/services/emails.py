"""Verify and change e-mail addresses."""

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db import IntegrityError, transaction

from accounts import mails
from accounts.allauth.client import NO_CALLER, Caller, call
from accounts.exceptions import AlreadyVerified
from accounts.models import MailRequest, User
from accounts.selectors import has_verified_email, is_email_taken
from accounts.services import address_changes
from accounts.services.sessions import drop_pending_address
from core.background import nudge_on_commit
from core.email_addresses import canonical_email, email_forms
from core.errors import BadValue
from notifications.services import current_request_id

_BATCH = 100
_TASK = "accounts.tasks.answer_mail_requests"


def verify_email(*, key: str, caller: Caller) -> str:
    """Verify an address with the key of a mail, and return the address. Raises BadValue."""
    confirmation = EmailConfirmationHMAC.from_key(key)
    if confirmation is None:
        raise address_changes.WRONG_KEY
    email = str(confirmation.email_address.email)
    try:
        # In one transaction: allauth marks the address before it sets the user's address.
        with transaction.atomic():
            person = User.objects.locked(confirmation.email_address.user_id)
            if person is None or is_email_taken(email, besides=person.pk):
                raise address_changes.EMAIL_TAKEN
            before, was_verified = person.email, has_verified_email(person)
            reply = call("account:verify_email", {"key": key}, caller=caller)
            if "email_taken" in reply.error_codes:
                raise address_changes.EMAIL_TAKEN
            if reply.status not in (200, 401):  # 401: done, but this does not log in
                raise address_changes.WRONG_KEY
            if email != before:
                person.email = email
                address_changes.complete_change(
                    user=person, old_email=before, was_verified=was_verified, caller=caller
                )
    except IntegrityError as error:
        raise address_changes.EMAIL_TAKEN from error
    return email


@transaction.atomic
def change_email(*, user: User, email: str, caller: Caller = NO_CALLER) -> EmailAddress:
    """Start a change of the address, and return the new one.

    The old address stays until the new one is verified, and gets a link to undo the change.
    Requesting the current address cancels a pending change. allauth's own code would immediately
    drop an old address that was never verified, and leave the account without any. Raises
    BadValue, AlreadyVerified.
    """
    email = canonical_email(email)
    user = User.objects.locked(user.pk) or user
    dropped = drop_pending_address(user_id=user.pk, keep=email)
    current = EmailAddress.objects.filter(user=user, email=email, verified=True).first()
    if current is not None:
        if dropped:
            return current
        raise AlreadyVerified
    if is_email_taken(email, besides=user.pk):
        raise BadValue("email", "unique", "Another account already uses this e-mail address.")
    address, is_new = EmailAddress.objects.get_or_create(
        user=user, email=email, defaults={"primary": False}
    )
    mails.send_verification(address)
    if is_new:
        address_changes.begin_change(user=user, new_email=email, caller=caller)
    return address


@transaction.atomic
def set_address(*, user: User, before: str = "") -> None:
    """Make the address that an admin set the user's only one, unverified.

    The new address gets a link to verify it, the previous one a notice. Links that undo earlier
    changes become void: they might lead back to an attacker's address.
    """
    address_changes.void_changes(user=user)
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    address, _ = EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"primary": True}
    )
    if not address.verified:
        mails.send_verification(address)
    if before:
        mails.send_security(user_id=user.pk, what="email_changed", detail=user.email, email=before)


def trust_address(*, user: User) -> None:
    """Mark the address as verified, for an admin. Raises BadValue."""
    address, _ = EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"primary": True}
    )
    if not address.set_verified():
        raise BadValue("email", "unique", "Another account has verified this address.")


def request_mail(purpose: MailRequest.Purpose, email: str) -> None:
    """Store a request for a mail to any address; a task sends it if an account matches."""
    MailRequest.objects.create(
        purpose=purpose, email=canonical_email(email), request_id=current_request_id()
    )
    nudge_on_commit(_TASK)


def answer_mail_requests() -> int:
    """Send the requested mails for which there is an account; return the number of requests."""
    answered = 0
    while MailRequest.objects.exists() and (batch := _answer_batch()):
        answered += batch
    return answered


@transaction.atomic
def _answer_batch() -> int:
    waiting = MailRequest.objects.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    batch = list(waiting[:_BATCH])
    for request in batch:
        if request.purpose == MailRequest.Purpose.RESET_PASSWORD:
            user = User.objects.with_email(request.email).filter(is_active=True).first()
            if user is not None:
                mails.send_reset(user, request_id=request.request_id)
        else:
            forms = email_forms(request.email)
            unverified = EmailAddress.objects.filter(email__in=forms, verified=False)
            for address in unverified.filter(user__is_active=True):
                mails.send_verification(address, request_id=request.request_id)
    MailRequest.objects.filter(pk__in=[request.pk for request in batch]).delete()
    return len(batch)
