"""Confirm the identity of a signed-in user again, before credentials change."""

import math
import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Min

from accounts.allauth import webauthn
from accounts.allauth.client import Caller, Reply, call, session_of
from accounts.allauth.second_factors import UNREADABLE, reading_stored_factors
from accounts.exceptions import IncorrectCode, ReauthenticationRequired, SessionOver
from accounts.models import User
from accounts.services.attempts import confirmation_attempt, single_use_code_attempt
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
    """Return the session's key if its user confirmed their identity in the last five minutes.

    The login itself does not count: the finder of an unlocked phone did not log in. If a second
    factor is on, only the second factor counts, unless it was turned on after the confirmation: a
    stolen token and a phished password are not enough. Raises ReauthenticationRequired,
    SessionOver.
    """
    key = session_key_of(session_id)
    records: list[dict[str, Any]] = session_of(key).get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    factor_since = _has_factor_since(session_id)
    for record in records:
        is_recent = record.get("reauthenticated") and record["at"] > oldest
        if is_recent and (record["method"] == "mfa" or record["at"] < factor_since):
            return key
    raise ReauthenticationRequired


def _has_factor_since(session_id: int) -> float:
    """Return when the user's first second factor was turned on; infinity without one."""
    users = UserSession.objects.filter(pk=session_id).values("user")
    factors = Authenticator.objects.filter(user__in=users, type__in=_FACTORS)
    first = factors.aggregate(at=Min("created_at"))["at"]
    return float(first.timestamp()) if first else math.inf


def reauthenticate_by_password(
    *, user: User, session_id: int, password: str, caller: Caller
) -> None:
    """Raises BadValue, TooManyTries, SessionOver."""
    key = session_key_of(session_id)
    with confirmation_attempt(user.pk, session_id):
        reply = call(
            "account:reauthenticate", {"password": password}, session_key=key, caller=caller
        )
        if reply.status == 400:
            raise BadValue(
                "password", "incorrect_password", "The password is incorrect. Try again."
            )
    _require_success(reply)


def reauthenticate_by_code(*, user: User, session_id: int, code: str, caller: Caller) -> None:
    """Raises BadValue, TooManyTries, SessionOver."""
    key = session_key_of(session_id)
    try:
        with single_use_code_attempt(user.pk, code, counter=f"session:{session_id}"):
            with reading_stored_factors():
                reply = call("mfa:reauthenticate", {"code": code}, session_key=key, caller=caller)
            _require_success(reply)
    except IncorrectCode as error:
        raise BadValue("code", error.code, str(error)) from error


def begin_passkey_confirmation(*, session_id: int, caller: Caller) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get()`. Raises SessionOver."""
    key = session_key_of(session_id)
    with reading_stored_factors():
        reply = call("mfa:reauthenticate_webauthn", method="GET", session_key=key, caller=caller)
    if reply.status != 200:
        raise SessionOver
    webauthn.record_challenge(key)
    options: dict[str, Any] = reply.data["request_options"]
    return options


def reauthenticate_by_passkey(
    *, session_id: int, credential: dict[str, Any], caller: Caller
) -> None:
    """Raises BadValue, SessionOver."""
    key = session_key_of(session_id)
    try:
        reply = _answer_challenge(key, credential, caller)
    except (webauthn.PasskeyRefused, *UNREADABLE) as error:
        webauthn.drop_challenge(key)
        raise WRONG_CREDENTIAL from error
    _require_success(reply)


def _answer_challenge(session_key: str, credential: dict[str, Any], caller: Caller) -> Reply:
    """Raises PasskeyRefused, and the errors of fido2."""
    if not webauthn.has_fresh_challenge(session_key):
        raise webauthn.PasskeyRefused
    body = {"credential": credential}
    with webauthn.passkey_checks(credential, must_verify_user=False, caller=caller):
        reply = call("mfa:reauthenticate_webauthn", body, session_key=session_key, caller=caller)
        if reply.status == 400:
            raise webauthn.PasskeyRefused
    return reply


def _require_success(reply: Reply) -> None:
    """Raises IncorrectCode, SessionOver."""
    if reply.status == 400:
        raise IncorrectCode
    if reply.status != 200:
        raise SessionOver
