"""Codes of a second factor, where no view of allauth's is asked."""

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY

from accounts.engine.client import session_of
from accounts.models import User


def is_right_code(user: User, code: str) -> bool:
    """Of the authenticator app, or a recovery code, which thereby is used up."""
    return bool(AuthenticateForm({"code": code}, user=user).is_valid())


def unproved_secret(session_key: str) -> str:
    """Of the authenticator app that is being set up in this session; empty where there is none."""
    return str(session_of(session_key).get(SECRET_SESSION_KEY, ""))
