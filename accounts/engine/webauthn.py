"""What allauth and fido2 leave open of WebAuthn: origins, counters, and the life of a challenge.

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

from accounts.engine.client import session_of
from accounts.engine.tokens import open_session
from config.sealing import CannotOpen

CHALLENGE_S = 5 * 60
_ASKED_AT = "passkey_asked_at"


@dataclass(frozen=True)
class Ceremony:
    """What a browser sent of a passkey. Nothing of it is verified yet, but for the origin."""

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
        raise ValueError("Nobody asked for a key of this algorithm.")
    return _read(attested.credential_id, data)


def read_assertion(credential: dict[str, Any]) -> Ceremony:
    """Raises ValueError, or what fido2 raises (`client.UNREADABLE`)."""
    assertion = AuthenticationResponse.from_dict(credential)
    _check_client(assertion.response.client_data)
    return _read(assertion.raw_id, assertion.response.authenticator_data)


def digest_of(credential_id: bytes) -> str:
    """Return what a credential is found by: ids are up to 1,023 bytes long."""
    return hashlib.sha256(credential_id).hexdigest()


def _read(credential_id: bytes, data: AuthenticatorData) -> Ceremony:
    return Ceremony(
        credential_id=digest_of(credential_id),
        is_user_verified=data.is_user_verified(),
        sign_count=data.counter,
    )


def _check_client(client: CollectedClientData) -> None:
    """fido2 accepts every host below the passkeys' domain, and pages in foreign frames."""
    if not _is_own_origin(client.origin) or client.cross_origin:
        raise ValueError("The page that asked for the passkey is not ours.")


def _is_own_origin(origin: Any) -> bool:
    """One of the frontends; for passkeys of localhost any port of it, which is nobody else's."""
    if not isinstance(origin, str):
        return False
    if settings.PASSKEY_DOMAIN == "localhost" and urlsplit(origin).hostname == "localhost":
        return True
    frontend = urlsplit(settings.FRONTEND_URL)
    own = {f"{frontend.scheme}://{frontend.netloc}", *settings.CORS_ALLOWED_ORIGINS}
    return origin in own


def note_challenge(session_key: str) -> None:
    """The session has just been given a challenge."""
    session = session_of(session_key)
    session[_ASKED_AT] = time.time()
    session.save()


def has_fresh_challenge(session_key: str) -> bool:
    """Whether the session was given a challenge in the last five minutes."""
    asked_at: float = session_of(session_key).get(_ASKED_AT, 0)
    return time.time() - asked_at < CHALLENGE_S


def drop_challenge(session_key: str) -> None:
    """After an answer that was refused: each challenge is answered once."""
    session = session_of(session_key)
    if session.pop(STATE_SESSION_KEY, None) is not None:
        with suppress(UpdateError):  # the session ended meanwhile
            session.save()


def drop_challenge_of_login(session_token: str) -> None:
    """As `drop_challenge`, of a login that is under way."""
    with suppress(CannotOpen):
        drop_challenge(open_session(session_token))
