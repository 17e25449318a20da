"""Codes of a second factor, where no view of allauth's is asked."""

from allauth.mfa.base.forms import AuthenticateForm

from accounts.models import User


def is_right_code(user: User, code: str) -> bool:
    """Of the authenticator app, or a recovery code, which thereby is used up."""
    return bool(AuthenticateForm({"code": code}, user=user).is_valid())
