"""Proving once more who one is, before the ways into an account are changed."""

import time
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.conf import settings

from accounts.engine.client import Caller, Reply, ask, session_of
from accounts.models import User
from accounts.services.guards import IncorrectCode, guarded_code, guarded_proof
from accounts.services.sessions import SessionOver
from config.errors import BadValue, RuleBroken


class ReauthenticationRequired(RuleBroken):
    status = 403
    code = "reauthentication_required"
    message = "Prove in the last five minutes that it is you: POST /api/reauthenticate/."
    next_step = "reauthenticate"


def session_key_of(session_id: int) -> str:
    """Raises SessionOver."""
    key = UserSession.objects.filter(pk=session_id).values_list("session_key", flat=True).first()
    if key is None:
        raise SessionOver
    return str(key)


def require_recent(*, session_id: int) -> str:
    """The session's key, where its person proved themselves in the last five minutes.

    Logging in is no such proof: whoever found an unlocked phone did not do it.
    Raises ReauthenticationRequired, SessionOver.
    """
    key = session_key_of(session_id)
    records: list[dict[str, Any]] = session_of(key).get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    proofs = [record["at"] for record in records if record.get("reauthenticated")]
    if not proofs or time.time() - proofs[-1] >= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise ReauthenticationRequired
    return key


def reauthenticate_by_password(
    *, user: User, session_id: int, password: str, caller: Caller
) -> None:
    """Raises BadValue, TooManyTries."""
    with guarded_proof(user.pk):
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
        with guarded_code(user.pk, code):
            _check(ask("mfa:reauthenticate", {"code": code}, session_key=key, caller=caller))
    except IncorrectCode as error:
        raise BadValue("code", error.code, str(error)) from error


def _check(reply: Reply) -> None:
    if reply.status == 400:
        raise IncorrectCode
    if reply.status != 200:
        raise SessionOver
