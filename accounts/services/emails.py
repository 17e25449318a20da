"""E-mail addresses: verifying one's own, and changing to another."""

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db import IntegrityError, transaction

from accounts import mails
from accounts.allauth.client import NOBODY, Caller, ask
from accounts.exceptions import AlreadyVerified
from accounts.models import MailRequest, User
from accounts.selectors import has_verified_email, is_email_taken
from accounts.services.address_changes import (
    EMAIL_TAKEN,
    WRONG_KEY,
    begin_change,
    complete_change,
    void_changes,
)
from accounts.services.reauthentication import require_recent
from accounts.services.sessions import drop_address_to_come
from core.background import nudge_on_commit
from core.email_addresses import canonical_email, email_forms
from core.errors import BadValue
from notifications.services import current_request_id

_BATCH = 100
_TASK = "accounts.tasks.answer_mail_requests"


def verify_email(*, key: str, caller: Caller) -> str:
    """The address that is verified from now on. Raises BadValue."""
    confirmation = EmailConfirmationHMAC.from_key(key)
    if confirmation is None:
        raise WRONG_KEY
    email = str(confirmation.email_address.email)
    try:
        # Whole or not at all: allauth marks the address before it gives it to the person.
        with transaction.atomic():
            person = User.objects.locked(confirmation.email_address.user_id)
            if person is None or is_email_taken(email, besides=person.pk):
                raise EMAIL_TAKEN
            before, was_verified = person.email, has_verified_email(person)
            reply = ask("account:verify_email", {"key": key}, caller=caller)
            if "email_taken" in reply.error_codes:
                raise EMAIL_TAKEN
            if reply.status not in (200, 401):  # 401: verified, but nobody is signed in by it
                raise WRONG_KEY
            if email != before:
                person.email = email
                complete_change(
                    user=person, old_email=before, was_verified=was_verified, caller=caller
                )
    except IntegrityError as error:
        raise EMAIL_TAKEN from error
    return email


def ask_to_verify_again(*, email: str) -> None:
    """A mail goes out if the address waits to be verified; the answer never tells."""
    ask_for_mail(MailRequest.Purpose.VERIFY_EMAIL, email)


def change_my_email(*, user: User, session_id: int, email: str, caller: Caller) -> EmailAddress:
    """As `change_email`. Also raises ReauthenticationRequired and SessionOver."""
    require_recent(session_id=session_id)
    return change_email(user=user, email=email, caller=caller)


@transaction.atomic
def change_email(*, user: User, email: str, caller: Caller = NOBODY) -> EmailAddress:
    """Start a change of the address, and return the new one.

    The old address stays until the new one is verified, and gets a link to undo the change.
    Requesting the present address cancels a change that is not verified yet. allauth's own code
    would immediately drop an old address that was never verified, and leave the account without
    any. Raises BadValue, AlreadyVerified.
    """
    email = canonical_email(email)
    user = User.objects.locked(user.pk) or user
    dropped = drop_address_to_come(user_id=user.pk, keep=email)
    present = EmailAddress.objects.filter(user=user, email=email, verified=True).first()
    if present is not None:
        if dropped:
            return present  # the way to take a change back
        raise AlreadyVerified
    if is_email_taken(email, besides=user.pk):
        raise BadValue("email", "unique", "Somebody has this email already.")
    address, is_new = EmailAddress.objects.get_or_create(
        user=user, email=email, defaults={"primary": False}
    )
    mails.send_verification(address)
    if is_new:
        begin_change(user=user, new_email=email, caller=caller)
    return address


@transaction.atomic
def take_address(*, user: User, before: str = "") -> None:
    """Store the address that an admin set: the person's only one, unverified.

    A mail asks to verify it, and the previous address is told. Links that undo earlier changes are
    voided: they might lead back to an attacker's address.
    """
    void_changes(user=user)
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    address, _ = EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"primary": True}
    )
    if not address.verified:
        mails.send_verification(address)
    if before:
        mails.send_security(user_id=user.pk, what="email_changed", detail=user.email, email=before)


def trust_address(*, user: User) -> None:
    """An admin knows that the address is the person's. Raises BadValue."""
    address, _ = EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"primary": True}
    )
    if not address.set_verified():
        raise BadValue("email", "unique", "Somebody else has verified this address.")


def ask_for_mail(purpose: MailRequest.Purpose, email: str) -> None:
    MailRequest.objects.create(
        purpose=purpose, email=canonical_email(email), request_id=current_request_id()
    )
    nudge_on_commit(_TASK)


def answer_mail_requests() -> int:
    """Send what was asked for, where there is somebody to send it to; answers how many asked."""
    answered = 0
    while MailRequest.objects.exists() and (batch := _answer_batch()):
        answered += batch
    return answered


@transaction.atomic
def _answer_batch() -> int:
    waiting = MailRequest.objects.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    batch = list(waiting[:_BATCH])
    for asked in batch:
        if asked.purpose == MailRequest.Purpose.RESET_PASSWORD:
            _answer_reset(asked)
        else:
            _answer_verification(asked)
    MailRequest.objects.filter(pk__in=[asked.pk for asked in batch]).delete()
    return len(batch)


def _answer_reset(asked: MailRequest) -> None:
    user = User.objects.with_email(asked.email).filter(is_active=True).first()
    if user is not None:
        mails.send_reset(user, request_id=asked.request_id)


def _answer_verification(asked: MailRequest) -> None:
    waiting = EmailAddress.objects.filter(email__in=email_forms(asked.email), verified=False)
    for address in waiting.filter(user__is_active=True):
        mails.send_verification(address, request_id=asked.request_id)
