"""The admin's login, which knows the second factor as well as the API's does."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.allauth.client import Caller
from accounts.allauth.codes import is_right_code
from accounts.allauth.stored import reading_stored_factors
from accounts.authentication import caller
from accounts.exceptions import IncorrectCode, SecondFactorUnreadable
from accounts.services.guards import guarded_code, guarded_password
from accounts.services.places import allowance_of, remember_place
from core import ratelimit
from core.errors import TooManyTries
from core.ratelimit.throttles import bucket_of

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
        where = caller(self.request)
        try:
            ratelimit.spend(f"admin:{bucket_of(where.ip)}", limit=20, window_s=60)
            with guarded_password(self.cleaned_data.get("username", ""), where):
                cleaned: dict[str, Any] = super().clean()
            user = self.get_user()
            if user is not None and is_mfa_enabled(user, _FACTORS):
                self._check_code(user.pk, where)
        except (TooManyTries, SecondFactorUnreadable) as error:
            self.user_cache = None
            raise forms.ValidationError(str(error), code=error.code) from error
        except IncorrectCode as error:
            self.user_cache = None
            raise self.get_invalid_login_error() from error
        if user is not None:
            remember_place(user_id=user.pk, caller=where)
        return cleaned

    def _check_code(self, user_id: int, where: Caller) -> None:
        code = self.cleaned_data.get("code", "")
        allowance = allowance_of(user_id=user_id, caller=where)
        with guarded_code(user_id, code, allowance=allowance):
            with reading_stored_factors():
                is_right = is_right_code(self.get_user(), code)
            if not is_right:
                raise IncorrectCode
