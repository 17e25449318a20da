"""The admin's login, which knows the second factor as well as the API's does."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.engine.codes import is_right_code
from accounts.services.guards import IncorrectCode, guarded_code, guarded_password
from config import limits
from config.errors import TooManyTries
from config.throttling import client_bucket

_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class AdminLoginForm(AuthenticationForm):
    """The same answer for an unknown name, a wrong password and a wrong code.

    Who knows the password learns that there is a second factor once its tries are used up.
    """

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Enter your name and password, and the code if you have a second factor. "
        "Passwords are case-sensitive.",
    }
    code = forms.CharField(
        required=False,
        max_length=32,
        label="Code",
        help_text="Of your authenticator app, or a recovery code, if you have a second factor.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code"}),
    )

    def clean(self) -> dict[str, Any]:
        bucket = client_bucket(self.request)
        try:
            limits.spend(f"admin:{bucket}", limit=20, window_s=60)
            with guarded_password(self.cleaned_data.get("username", ""), bucket):
                cleaned: dict[str, Any] = super().clean()
            user = self.get_user()
            if user is not None and is_mfa_enabled(user, _FACTORS):
                self._check_code(user.pk)
        except TooManyTries as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        except IncorrectCode as error:
            self.user_cache = None
            raise self.get_invalid_login_error() from error
        return cleaned

    def _check_code(self, user_id: int) -> None:
        code = self.cleaned_data.get("code", "")
        with guarded_code(user_id, code):
            if not is_right_code(self.get_user(), code):
                raise IncorrectCode
