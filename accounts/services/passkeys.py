"""Passkeys (WebAuthn, https://www.w3.org/TR/webauthn-2/)."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.allauth.client import UNREADABLE, Caller, Reply, ask
from accounts.allauth.stored import reading_stored_factors
from accounts.allauth.webauthn import (
    drop_challenge,
    has_fresh_challenge,
    note_challenge,
    read_registration,
)
from accounts.exceptions import PasskeyNotFound
from accounts.models import PasskeyRecord, User
from accounts.services.reauthentication import WRONG_CREDENTIAL, require_recent
from accounts.services.second_factor import refuse, require_verified_email, show_recovery_codes
from core.errors import BadValue

MOST_PASSKEYS = 20  # of one person


def passkeys_of(user: User) -> QuerySet[Authenticator]:
    mine: QuerySet[Authenticator] = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.WEBAUTHN
    )
    return mine.order_by("-created_at", "-pk")


def begin_passkey(*, user: User, session_id: int, caller: Caller) -> dict[str, Any]:
    """What the browser's `navigator.credentials.create()` wants.

    Raises ReauthenticationRequired, EmailNotVerified, SecondFactorUnreadable.
    """
    key = require_recent(session_id=session_id)
    require_verified_email(user)
    with reading_stored_factors():
        reply = ask(
            "mfa:manage_webauthn",
            method="GET",
            query="passwordless",
            session_key=key,
            caller=caller,
        )
    refuse(reply)
    note_challenge(key)
    options: dict[str, Any] = reply.data["creation_options"]
    return options


def add_passkey(
    *, user: User, session_id: int, name: str, credential: dict[str, Any], caller: Caller
) -> tuple[Authenticator, list[str]]:
    """The passkey, and the recovery codes that come with somebody's first factor.

    Raises ReauthenticationRequired, EmailNotVerified, BadValue.
    """
    key = require_recent(session_id=session_id)
    require_verified_email(user)
    if passkeys_of(user).count() >= MOST_PASSKEYS:
        raise BadValue("credential", "too_many_passkeys", f"At most {MOST_PASSKEYS} a person.")
    try:
        reply = _add(credential, name, session_key=key, caller=caller)
    except BadValue:
        drop_challenge(key)
        raise
    is_first = reply.meta.get("recovery_codes_generated")
    codes = show_recovery_codes(session_key=key, caller=caller) if is_first else []
    return passkeys_of(user).get(pk=reply.data["id"]), codes


def _add(credential: dict[str, Any], name: str, *, session_key: str, caller: Caller) -> Reply:
    """Raises BadValue, and the errors of `refuse`."""
    if not has_fresh_challenge(session_key):
        raise WRONG_CREDENTIAL
    try:
        made = read_registration(credential)
        with transaction.atomic():
            reply = ask(
                "mfa:manage_webauthn",
                {"name": name, "credential": credential, "passwordless": True},
                session_key=session_key,
                caller=caller,
            )
            if reply.status == 400:
                raise WRONG_CREDENTIAL
            refuse(reply)
            PasskeyRecord.objects.create(
                authenticator_id=reply.data["id"],
                credential_id=made.credential_id,
                sign_count=made.sign_count,
            )
    except IntegrityError as error:
        raise BadValue(
            "credential",
            "passkey_exists",
            "This passkey is registered already. Use it to log in, or register another one.",
        ) from error
    except UNREADABLE as error:
        raise BadValue(
            "credential", "invalid", "This is not a valid passkey credential."
        ) from error
    return reply


def remove_passkey(*, user: User, session_id: int, passkey_id: int, caller: Caller) -> None:
    """Raises ReauthenticationRequired, PasskeyNotFound."""
    key = require_recent(session_id=session_id)
    if not passkeys_of(user).filter(pk=passkey_id).exists():
        raise PasskeyNotFound
    refuse(
        ask(
            "mfa:manage_webauthn",
            {"authenticators": [passkey_id]},
            method="DELETE",
            session_key=key,
            caller=caller,
        )
    )
