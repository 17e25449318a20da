"""Proving once more who one is, before the ways into an account are changed."""

import math
import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Min

from accounts.allauth.client import UNREADABLE, Caller, Reply, ask, session_of
from accounts.allauth.stored import reading_stored_factors
from accounts.allauth.webauthn import drop_challenge, has_fresh_challenge, note_challenge
from accounts.exceptions import IncorrectCode, ReauthenticationRequired, SessionOver
from accounts.models import User
from accounts.services.assertions import PasskeyRefused, checked_use
from accounts.services.guards import guarded_code, guarded_proof
from core.errors import BadValue

_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]

WRONG_CREDENTIAL = BadValue(
    "credential", "invalid", "This credential does not match the options. Request new options."
)


def session_key_of(session_id: int) -> str:
    """Raises SessionOver."""
    key = UserSession.objects.filter(pk=session_id).values_list("session_key", flat=True).first()
    if key is None:
        raise SessionOver
    return str(key)


def require_recent(*, session_id: int) -> str:
    """Return the session's key if its person proved their identity in the last five minutes.

    Logging in is not such a proof: the finder of an unlocked phone did not log in. If a second
    factor is on, only the second factor counts, unless it was turned on after the proof: a stolen
    token and a phished password are not enough. Raises ReauthenticationRequired, SessionOver.
    """
    key = session_key_of(session_id)
    records: list[dict[str, Any]] = session_of(key).get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    proofs = [
        record for record in records if record.get("reauthenticated") and record["at"] > oldest
    ]
    factor_since = _has_factor_since(session_id)
    if not any(record["method"] == "mfa" or record["at"] < factor_since for record in proofs):
        raise ReauthenticationRequired
    return key


def is_recent(*, session_id: int) -> bool:
    """Whether `require_recent` would pass. Raises SessionOver."""
    try:
        require_recent(session_id=session_id)
    except ReauthenticationRequired:
        return False
    return True


def _has_factor_since(session_id: int) -> float:
    """Return when the person's first second factor was turned on; infinity without one."""
    person = UserSession.objects.filter(pk=session_id).values("user")
    factors = Authenticator.objects.filter(user__in=person, type__in=_FACTORS)
    first = factors.aggregate(at=Min("created_at"))["at"]
    return float(first.timestamp()) if first else math.inf


def reauthenticate_by_password(
    *, user: User, session_id: int, password: str, caller: Caller
) -> None:
    """Raises BadValue, TooManyTries."""
    with guarded_proof(user.pk, session_id):
        reply = ask(
            "account:reauthenticate",
            {"password": password},
            session_key=session_key_of(session_id),
            caller=caller,
        )
        if reply.status == 400:
            raise BadValue("password", "incorrect_password", "That is not your password.")
    _check(reply)


def reauthenticate_by_code(*, user: User, session_id: int, code: str, caller: Caller) -> None:
    """Raises BadValue, TooManyTries."""
    key = session_key_of(session_id)
    try:
        with guarded_code(user.pk, code, allowance=f"session:{session_id}"):
            with reading_stored_factors():
                reply = ask("mfa:reauthenticate", {"code": code}, session_key=key, caller=caller)
            _check(reply)
    except IncorrectCode as error:
        raise BadValue("code", error.code, str(error)) from error


def passkey_proof_options(*, session_id: int, caller: Caller) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get()`. Raises SessionOver."""
    key = session_key_of(session_id)
    with reading_stored_factors():
        reply = ask("mfa:reauthenticate_webauthn", method="GET", session_key=key, caller=caller)
    if reply.status != 200:
        raise SessionOver
    note_challenge(key)
    options: dict[str, Any] = reply.data["request_options"]
    return options


def reauthenticate_by_passkey(
    *, session_id: int, credential: dict[str, Any], caller: Caller
) -> None:
    """Raises BadValue, SessionOver."""
    key = session_key_of(session_id)
    try:
        reply = _answer_challenge(key, credential, caller)
    except (PasskeyRefused, *UNREADABLE) as error:
        drop_challenge(key)
        raise WRONG_CREDENTIAL from error
    if reply.status != 200:
        raise SessionOver


def _answer_challenge(session_key: str, credential: dict[str, Any], caller: Caller) -> Reply:
    """Raises PasskeyRefused, and the errors of fido2."""
    if not has_fresh_challenge(session_key):
        raise PasskeyRefused
    with checked_use(credential, must_verify_user=False, caller=caller):
        reply = ask(
            "mfa:reauthenticate_webauthn",
            {"credential": credential},
            session_key=session_key,
            caller=caller,
        )
        if reply.status == 400:
            raise PasskeyRefused
    return reply


def _check(reply: Reply) -> None:
    if reply.status == 400:
        raise IncorrectCode
    if reply.status != 200:
        raise SessionOver
