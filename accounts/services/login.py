"""Letting people in: by password, second factor, passkey."""

from dataclasses import dataclass
from typing import Any

from accounts.allauth.client import NOBODY, UNREADABLE, Caller, Reply, ask
from accounts.allauth.stored import reading_stored_factors
from accounts.allauth.tokens import one_step_at_a_time, pending_user_id
from accounts.allauth.webauthn import drop_challenge_of_login
from accounts.exceptions import IncorrectCode, InvalidCredentials, LoginExpired
from accounts.services.assertions import PasskeyRefused, checked_use
from accounts.services.guards import guarded_code, guarded_password
from accounts.services.places import allowance_of
from accounts.services.sessions import Tokens, open_session
from core.errors import BadValue

MFA_STEP = "mfa_authenticate"
_PASSKEY_ALONE = "mfa:login_webauthn"


@dataclass(frozen=True)
class SecondFactor:
    """The password (or provider) was right; one of `types` is still to come."""

    types: list[str]
    session_token: str


def log_in(*, login: str, password: str, caller: Caller = NOBODY) -> Tokens | SecondFactor:
    """By name or e-mail address; the same refusal for unknown names and wrong passwords.

    Raises InvalidCredentials, TooManyTries.
    """
    with guarded_password(login, caller):
        reply = ask("account:login", {"username": login, "password": password}, caller=caller)
        outcome = let_in(reply)
        if outcome is None:
            raise InvalidCredentials
    return outcome


def finish_login(*, session_token: str, code: str, caller: Caller) -> Tokens:
    """With a code of the app or a recovery code.

    Raises IncorrectCode, LoginExpired, TooManyTries, SecondFactorUnreadable.
    """
    user_id = pending_user_id(session_token)
    if user_id is None:
        raise LoginExpired
    allowance = allowance_of(user_id=user_id, caller=caller)
    with guarded_code(user_id, code, allowance=allowance), one_step_at_a_time(session_token):
        with reading_stored_factors():
            reply = ask(
                "mfa:authenticate", {"code": code}, session_token=session_token, caller=caller
            )
        if reply.status == 400:
            raise IncorrectCode
        return _finished(reply)


def passkey_options(*, session_token: str, caller: Caller) -> tuple[dict[str, Any], str]:
    """What the browser's `navigator.credentials.get()` wants, and the token for the next step.

    Without a token for logging in with nothing but the passkey, with the token
    of a login that waits for its second factor for that. Raises LoginExpired, and
    SecondFactorUnreadable.
    """
    view = _passkey_view(session_token)
    with reading_stored_factors():
        reply = ask(view, method="GET", session_token=session_token, caller=caller)
    if reply.status != 200:
        raise LoginExpired
    return reply.data["request_options"], reply.session_token


def log_in_with_passkey(
    *, session_token: str, credential: dict[str, Any], caller: Caller
) -> Tokens:
    """Raises LoginExpired, and InvalidCredentials for a passkey that is not right."""
    try:
        return _answer_challenge(session_token, credential, caller)
    except PasskeyRefused as error:
        drop_challenge_of_login(session_token)
        raise InvalidCredentials("This passkey does not belong to an active account.") from error
    except UNREADABLE as error:
        drop_challenge_of_login(session_token)
        raise BadValue("credential", "invalid", "This is not a valid credential.") from error


def _answer_challenge(session_token: str, credential: dict[str, Any], caller: Caller) -> Tokens:
    """Raises PasskeyRefused, LoginExpired, and the errors of fido2."""
    view = _passkey_view(session_token)
    is_alone = view == _PASSKEY_ALONE
    with (
        checked_use(credential, must_verify_user=is_alone, caller=caller),
        one_step_at_a_time(session_token),
    ):
        reply = ask(view, {"credential": credential}, session_token=session_token, caller=caller)
        if reply.status == 400 or (is_alone and not reply.is_signed_in):
            raise PasskeyRefused
        return _finished(reply)


def let_in(reply: Reply) -> Tokens | SecondFactor | None:
    """What came of a login; None where it was refused."""
    if reply.is_signed_in:
        return open_session(session_key=reply.session_key)
    step = reply.pending(MFA_STEP)
    if step is None:
        return None
    return SecondFactor(types=sorted(step["types"]), session_token=reply.session_token)


def _finished(reply: Reply) -> Tokens:
    outcome = let_in(reply)
    if not isinstance(outcome, Tokens):
        raise LoginExpired
    return outcome


def _passkey_view(session_token: str) -> str:
    is_second_factor = bool(session_token) and pending_user_id(session_token) is not None
    return "mfa:authenticate_webauthn" if is_second_factor else _PASSKEY_ALONE
