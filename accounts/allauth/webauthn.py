"""WebAuthn checks that allauth and fido2 leave out: origins, counters, lifetime of challenges.

https://www.w3.org/TR/webauthn-3/#sctn-rp-operations
"""

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from fido2.cose import CoseKey
from fido2.webauthn import (
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from accounts.allauth.client import session_of
from accounts.allauth.tokens import open_session
from core.crypto import CannotOpen

CHALLENGE_S = 5 * 60
_ASKED_AT = "passkey_asked_at"


@dataclass(frozen=True)
class Ceremony:
    """A browser's response for a passkey. Only its origin is verified."""

    credential_id: str
    is_user_verified: bool
    sign_count: int


def read_registration(credential: dict[str, Any]) -> Ceremony:
    """Raises ValueError, or what fido2 raises (`client.UNREADABLE`)."""
    registration = RegistrationResponse.from_dict(credential)
    _check_client(registration.response.client_data)
    data = registration.response.attestation_object.auth_data
    attested = data.credential_data
    if attested is None or attested.credential_id != registration.raw_id:
        raise ValueError("The credential is not the one that is attested.")
    if attested.public_key.get(3) not in CoseKey.supported_algorithms():
        raise ValueError("A key of this algorithm was not requested.")
    return _read(attested.credential_id, data)


def read_assertion(credential: dict[str, Any]) -> Ceremony:
    """Raises ValueError, or what fido2 raises (`client.UNREADABLE`)."""
    assertion = AuthenticationResponse.from_dict(credential)
    _check_client(assertion.response.client_data)
    return _read(assertion.raw_id, assertion.response.authenticator_data)


def digest_of(credential_id: bytes) -> str:
    """Return the key to look a credential up: ids are up to 1,023 bytes long."""
    return hashlib.sha256(credential_id).hexdigest()


def _read(credential_id: bytes, data: AuthenticatorData) -> Ceremony:
    return Ceremony(
        credential_id=digest_of(credential_id),
        is_user_verified=data.is_user_verified(),
        sign_count=data.counter,
    )


def _check_client(client: CollectedClientData) -> None:
    """Check the page; fido2 accepts every host below the domain, and foreign frames."""
    if not _is_own_origin(client.origin) or client.cross_origin:
        raise ValueError("The page that requested the passkey is not a frontend of this server.")


def _is_own_origin(origin: Any) -> bool:
    """Whether it is a frontend; with localhost any port, as all of them are local."""
    if not isinstance(origin, str):
        return False
    if settings.PASSKEY_DOMAIN == "localhost" and urlsplit(origin).hostname == "localhost":
        return True
    frontend = urlsplit(settings.FRONTEND_URL)
    own = {f"{frontend.scheme}://{frontend.netloc}", *settings.CORS_ALLOWED_ORIGINS}
    return origin in own


def note_challenge(session_key: str) -> None:
    """Record that the session was just given a challenge."""
    session = session_of(session_key)
    session[_ASKED_AT] = time.time()
    session.save()


def has_fresh_challenge(session_key: str) -> bool:
    """Whether the session was given a challenge in the last five minutes."""
    asked_at: float = session_of(session_key).get(_ASKED_AT, 0)
    return time.time() - asked_at < CHALLENGE_S


def drop_challenge(session_key: str) -> None:
    """Drop the challenge after a refused response: each one can be used once."""
    session = session_of(session_key)
    if session.pop(STATE_SESSION_KEY, None) is not None:
        with suppress(UpdateError):  # the session ended meanwhile
            session.save()


def drop_challenge_of_login(session_token: str) -> None:
    """As `drop_challenge`, for a login that is not complete yet."""
    with suppress(CannotOpen):
        drop_challenge(open_session(session_token))
