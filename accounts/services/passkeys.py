"""Passkeys (WebAuthn, https://www.w3.org/TR/webauthn-2/)."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.allauth import webauthn
from accounts.allauth.client import Caller, Reply, call
from accounts.allauth.second_factors import UNREADABLE, reading_stored_factors
from accounts.exceptions import PasskeyNotFound
from accounts.models import PasskeyRecord, User
from accounts.services import second_factor
from accounts.services.reauthentication import WRONG_CREDENTIAL, require_recent
from core.errors import BadValue

MAX_PASSKEYS = 20  # of one user
_VIEW = "mfa:manage_webauthn"


def _passkeys_of(user: User) -> QuerySet[Authenticator]:
    rows: QuerySet[Authenticator] = Authenticator.objects.filter(user=user)
    return rows.filter(type=Authenticator.Type.WEBAUTHN)


def begin_passkey(*, user: User, session_id: int, caller: Caller) -> dict[str, Any]:
    """Return the options for `navigator.credentials.create()`.

    Raises ReauthenticationRequired, EmailNotVerified, SecondFactorUnreadable.
    """
    key = require_recent(session_id=session_id)
    second_factor.require_verified_email(user)
    with reading_stored_factors():
        reply = call(_VIEW, method="GET", query="passwordless", session_key=key, caller=caller)
    second_factor.raise_refusal(reply)
    webauthn.record_challenge(key)
    options: dict[str, Any] = reply.data["creation_options"]
    return options


def add_passkey(
    *, user: User, session_id: int, name: str, credential: dict[str, Any], caller: Caller
) -> tuple[Authenticator, list[str]]:
    """Return the passkey, and recovery codes if it is the user's first factor.

    Raises ReauthenticationRequired, EmailNotVerified, BadValue.
    """
    key = require_recent(session_id=session_id)
    second_factor.require_verified_email(user)
    if _passkeys_of(user).count() >= MAX_PASSKEYS:
        message = f"You have {MAX_PASSKEYS} passkeys, the maximum. Remove one first."
        raise BadValue("credential", "too_many_passkeys", message)
    try:
        reply = _add(credential, name, session_key=key, caller=caller)
    except BadValue:
        webauthn.drop_challenge(key)
        raise
    is_first = reply.meta.get("recovery_codes_generated")
    codes = second_factor.unused_recovery_codes(session_key=key, caller=caller) if is_first else []
    return _passkeys_of(user).get(pk=reply.data["id"]), codes


def _add(credential: dict[str, Any], name: str, *, session_key: str, caller: Caller) -> Reply:
    """Raises BadValue, and the errors of `raise_refusal`."""
    if not webauthn.has_fresh_challenge(session_key):
        raise WRONG_CREDENTIAL
    body = {"name": name, "credential": credential, "passwordless": True}
    try:
        new = webauthn.read_registration(credential)
        with transaction.atomic():
            reply = call(_VIEW, body, session_key=session_key, caller=caller)
            if reply.status == 400:
                raise WRONG_CREDENTIAL
            second_factor.raise_refusal(reply)
            PasskeyRecord.objects.create(
                authenticator_id=reply.data["id"],
                credential_id=new.credential_id,
                sign_count=new.sign_count,
            )
    except IntegrityError as error:
        message = "This passkey is registered already. Use it to log in, or register another one."
        raise BadValue("credential", "passkey_exists", message) from error
    except UNREADABLE as error:
        message = "This is not a valid passkey credential."
        raise BadValue("credential", "invalid", message) from error
    return reply


def remove_passkey(*, user: User, session_id: int, passkey_id: int, caller: Caller) -> None:
    """Raises ReauthenticationRequired, PasskeyNotFound."""
    key = require_recent(session_id=session_id)
    if not _passkeys_of(user).filter(pk=passkey_id).exists():
        raise PasskeyNotFound
    body = {"authenticators": [passkey_id]}
    second_factor.raise_refusal(call(_VIEW, body, method="DELETE", session_key=key, caller=caller))
