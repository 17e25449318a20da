"""Checks for every use of a passkey, in addition to allauth's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from accounts import mails
from accounts.allauth.client import UNREADABLE, Caller
from accounts.allauth.webauthn import Ceremony, read_assertion
from accounts.models import PasskeyRecord


class PasskeyRefused(Exception):  # noqa: N818  (it states a fact)
    """The assertion has a foreign origin, no user verification, or a copied key."""


class _PasskeyCopied(PasskeyRefused):
    def __init__(self, user_id: int) -> None:
        super().__init__(user_id)
        self.user_id = user_id


@contextmanager
def checked_use(
    credential: dict[str, Any], *, must_verify_user: bool, caller: Caller
) -> Iterator[None]:
    """Check an assertion around allauth's own checks, in the same transaction.

    `must_verify_user`: the passkey is the only credential of the login, so its possession is not
    enough. Raises PasskeyRefused.
    """
    try:
        used = read_assertion(credential)
    except UNREADABLE as error:
        raise PasskeyRefused from error
    if must_verify_user and not used.is_user_verified:
        raise PasskeyRefused
    try:
        with transaction.atomic():
            yield
            _note_sign_count(used)
    except _PasskeyCopied as copied:
        mails.send_security(
            user_id=copied.user_id,
            what="passkey_copied",
            ip=caller.ip,
            user_agent=caller.user_agent,
        )
        raise


def _note_sign_count(used: Ceremony) -> None:
    """Check the counter: if it does not increase, the key may be copied.

    WebAuthn, 7.2, step 22. Passkeys that a phone or a browser synchronises always report 0. Call
    it only after the signature was verified. Raises _PasskeyCopied.
    """
    records = PasskeyRecord.objects.select_for_update().select_related("authenticator")
    record = records.filter(credential_id=used.credential_id).first()
    if record is None:
        return
    if (used.sign_count or record.sign_count) and used.sign_count <= record.sign_count:
        raise _PasskeyCopied(record.authenticator.user_id)
    record.sign_count = used.sign_count
    record.save(update_fields=["sign_count"])
