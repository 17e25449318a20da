"""WebAuthn checks that allauth and fido2 leave out: origins, counters, challenges.

https://www.w3.org/TR/webauthn-3/#sctn-rp-operations
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.db import transaction
from fido2.cose import CoseKey
from fido2.webauthn import (
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from accounts import mails
from accounts.allauth.client import Caller, session_of
from accounts.allauth.second_factors import UNREADABLE
from accounts.allauth.tokens import open_session
from accounts.models import PasskeyRecord
from core.crypto import CannotOpen

CHALLENGE_S = 5 * 60
_CHALLENGED_AT = "passkey_asked_at"


class PasskeyRefused(Exception):  # noqa: N818  (it states a fact)
    """The assertion has a foreign origin, no user verification, or a copied key."""


class _PasskeyCopied(PasskeyRefused):
    def __init__(self, user_id: int) -> None:
        super().__init__(user_id)
        self.user_id = user_id


@dataclass(frozen=True)
class CredentialData:
    """The part of a browser's response that is stored or checked. Only its origin is verified.

    `credential_id` is a digest: ids have up to 1,023 bytes.
    """

    credential_id: str
    is_user_verified: bool
    sign_count: int


def read_registration(credential: dict[str, Any]) -> CredentialData:
    """Raises ValueError, or the errors of fido2 (`second_factors.UNREADABLE`)."""
    registration = RegistrationResponse.from_dict(credential)
    _check_client(registration.response.client_data)
    data = registration.response.attestation_object.auth_data
    attested = data.credential_data
    if attested is None or attested.credential_id != registration.raw_id:
        raise ValueError("The credential is not the one that is attested.")
    if attested.public_key.get(3) not in CoseKey.supported_algorithms():
        raise ValueError("A key of this algorithm was not requested.")
    return _read(attested.credential_id, data)


def read_assertion(credential: dict[str, Any]) -> CredentialData:
    """Raises ValueError, or the errors of fido2 (`second_factors.UNREADABLE`)."""
    assertion = AuthenticationResponse.from_dict(credential)
    _check_client(assertion.response.client_data)
    return _read(assertion.raw_id, assertion.response.authenticator_data)


def _read(credential_id: bytes, data: AuthenticatorData) -> CredentialData:
    digest = hashlib.sha256(credential_id).hexdigest()
    return CredentialData(digest, bool(data.is_user_verified()), data.counter)


def _check_client(client: CollectedClientData) -> None:
    """Check the page; fido2 accepts every host below the domain, and foreign frames."""
    if not _is_own_origin(client.origin) or client.cross_origin:
        raise ValueError("The page that requested the passkey is not a frontend of this server.")


def _is_own_origin(origin: Any) -> bool:
    """Return whether it is a frontend; with localhost any port, as all of them are local."""
    if not isinstance(origin, str):
        return False
    if settings.PASSKEY_DOMAIN == "localhost" and urlsplit(origin).hostname == "localhost":
        return True
    frontend = urlsplit(settings.FRONTEND_URL)
    return origin in {f"{frontend.scheme}://{frontend.netloc}", *settings.CORS_ALLOWED_ORIGINS}


@contextmanager
def passkey_checks(
    credential: dict[str, Any], *, must_verify_user: bool, caller: Caller
) -> Iterator[None]:
    """Check an assertion around allauth's own checks, in the same transaction.

    `must_verify_user`: the passkey is the only credential of the login, so its possession is not
    enough. Raises PasskeyRefused.
    """
    try:
        assertion = read_assertion(credential)
    except UNREADABLE as error:
        raise PasskeyRefused from error
    if must_verify_user and not assertion.is_user_verified:
        raise PasskeyRefused
    try:
        with transaction.atomic():
            yield
            _record_sign_count(assertion)
    except _PasskeyCopied as copied:
        mails.send_security(user_id=copied.user_id, what="passkey_copied", **vars(caller))
        raise


def _record_sign_count(assertion: CredentialData) -> None:
    """Check the counter: if it does not increase, the key may be copied.

    WebAuthn, 7.2, step 22. Passkeys that a phone or a browser synchronises always report 0. Call
    it only after the signature was verified. Raises _PasskeyCopied.
    """
    records = PasskeyRecord.objects.select_for_update().select_related("authenticator")
    record = records.filter(credential_id=assertion.credential_id).first()
    if record is None:
        return
    if (assertion.sign_count or record.sign_count) and assertion.sign_count <= record.sign_count:
        raise _PasskeyCopied(record.authenticator.user_id)
    record.sign_count = assertion.sign_count
    record.save(update_fields=["sign_count"])


def record_challenge(session_key: str) -> None:
    """Record that the session has got a challenge now."""
    session = session_of(session_key)
    session[_CHALLENGED_AT] = time.time()
    session.save()


def has_fresh_challenge(session_key: str) -> bool:
    """Return whether the session got a challenge in the last five minutes."""
    challenged_at: float = session_of(session_key).get(_CHALLENGED_AT, 0)
    return time.time() - challenged_at < CHALLENGE_S


def drop_challenge(session_key: str) -> None:
    """Drop the challenge after a refused response: each one can be used once."""
    session = session_of(session_key)
    if session.pop(STATE_SESSION_KEY, None) is not None:
        with suppress(UpdateError):  # the session ended meanwhile
            session.save()


def drop_challenge_of_login(session_token: str) -> None:
    """As `drop_challenge`, for a login in progress."""
    with suppress(CannotOpen):
        drop_challenge(open_session(session_token))
