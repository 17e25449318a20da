"""The login form of the admin, with the second factor."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.allauth.client import Caller
from accounts.allauth.second_factors import is_valid_code, reading_stored_factors
from accounts.authentication import caller
from accounts.exceptions import IncorrectCode, SecondFactorUnreadable
from accounts.services.attempts import password_attempt, single_use_code_attempt
from accounts.services.login_places import counter_of, remember_place
from core import ratelimit
from core.errors import TooManyTries
from core.ratelimit.throttles import bucket_of

_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class AdminLoginForm(AuthenticationForm):
    """Show the same error for an unknown name, a wrong password and a wrong code.

    An attacker who knows the password learns of the second factor when the attempts are used up.
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
        help_text="From your authenticator app, or a recovery code, if you have a second factor.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "one-time-code"}),
    )

    def clean(self) -> dict[str, Any]:
        client = caller(self.request)
        try:
            ratelimit.spend(f"admin:{bucket_of(client.ip)}", limit=20, window_s=60)
            with password_attempt(self.cleaned_data.get("username", ""), client):
                cleaned: dict[str, Any] = super().clean()
            user = self.get_user()
            if user is not None and is_mfa_enabled(user, _FACTORS):
                self._check_code(user.pk, client)
        except (TooManyTries, SecondFactorUnreadable) as error:
            self.user_cache = None
            raise forms.ValidationError(str(error), code=error.code) from error
        except IncorrectCode as error:
            self.user_cache = None
            raise self.get_invalid_login_error() from error
        if user is not None:
            remember_place(user_id=user.pk, caller=client)
        return cleaned

    def _check_code(self, user_id: int, client: Caller) -> None:
        code = self.cleaned_data.get("code", "")
        counter = counter_of(user_id=user_id, caller=client)
        with single_use_code_attempt(user_id, code, counter=counter):
            with reading_stored_factors():
                is_valid = is_valid_code(self.get_user(), code)
            if not is_valid:
                raise IncorrectCode
