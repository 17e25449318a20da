"""Log in by password, second factor or passkey."""

from dataclasses import dataclass
from typing import Any

from accounts.allauth.client import NO_CALLER, Caller, Reply, call
from accounts.allauth.second_factors import UNREADABLE, reading_stored_factors
from accounts.allauth.tokens import locked_login, pending_user_id
from accounts.allauth.webauthn import PasskeyRefused, drop_challenge_of_login, passkey_checks
from accounts.exceptions import IncorrectCode, InvalidCredentials, LoginExpired
from accounts.services.attempts import password_attempt, single_use_code_attempt
from accounts.services.login_places import counter_of
from accounts.services.sessions import Tokens, open_session
from core.errors import BadValue

MFA_STEP = "mfa_authenticate"
_PASSKEY_ALONE = "mfa:login_webauthn"


@dataclass(frozen=True)
class SecondFactor:
    """The password (or provider) was correct; the login waits for one of `types`."""

    types: list[str]
    session_token: str


def log_in(*, login: str, password: str, caller: Caller = NO_CALLER) -> Tokens | SecondFactor:
    """Log in by username or e-mail address.

    Raises InvalidCredentials, the same for unknown names and wrong passwords, and TooManyTries.
    """
    with password_attempt(login, caller):
        reply = call("account:login", {"username": login, "password": password}, caller=caller)
        outcome = outcome_of(reply)
        if outcome is None:
            raise InvalidCredentials
    return outcome


def finish_login(*, session_token: str, code: str, caller: Caller) -> Tokens:
    """Finish a login with a code of the app or a recovery code.

    Raises IncorrectCode, LoginExpired, TooManyTries, SecondFactorUnreadable.
    """
    user_id = pending_user_id(session_token)
    if user_id is None:
        raise LoginExpired
    counter = counter_of(user_id=user_id, caller=caller)
    with single_use_code_attempt(user_id, code, counter=counter), locked_login(session_token):
        with reading_stored_factors():
            reply = call(
                "mfa:authenticate", {"code": code}, session_token=session_token, caller=caller
            )
        if reply.status == 400:
            raise IncorrectCode
        return _tokens_of(reply)


def passkey_options(*, session_token: str, caller: Caller) -> tuple[dict[str, Any], str]:
    """Return the options for `navigator.credentials.get()` and the token for the next step.

    With the token of a login that waits for its second factor, the passkey is that factor;
    without a token, it is the only credential. Raises LoginExpired, SecondFactorUnreadable.
    """
    view = _passkey_view(session_token)
    with reading_stored_factors():
        reply = call(view, method="GET", session_token=session_token, caller=caller)
    if reply.status != 200:
        raise LoginExpired
    return reply.data["request_options"], reply.session_token


def log_in_with_passkey(
    *, session_token: str, credential: dict[str, Any], caller: Caller
) -> Tokens:
    """Raises LoginExpired, BadValue, and InvalidCredentials for a wrong passkey."""
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
        passkey_checks(credential, must_verify_user=is_alone, caller=caller),
        locked_login(session_token),
    ):
        reply = call(view, {"credential": credential}, session_token=session_token, caller=caller)
        if reply.status == 400 or (is_alone and not reply.is_signed_in):
            raise PasskeyRefused
        return _tokens_of(reply)


def outcome_of(reply: Reply) -> Tokens | SecondFactor | None:
    """Return tokens, or the second factor that a login waits for; None if it was refused."""
    if reply.is_signed_in:
        return open_session(session_key=reply.session_key)
    step = reply.pending(MFA_STEP)
    if step is None:
        return None
    return SecondFactor(types=sorted(step["types"]), session_token=reply.session_token)


def _tokens_of(reply: Reply) -> Tokens:
    outcome = outcome_of(reply)
    if not isinstance(outcome, Tokens):
        raise LoginExpired
    return outcome


def _passkey_view(session_token: str) -> str:
    is_second_factor = bool(session_token) and pending_user_id(session_token) is not None
    return "mfa:authenticate_webauthn" if is_second_factor else _PASSKEY_ALONE
