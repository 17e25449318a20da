"""Password rules, applied to the normalized text that is hashed."""

from typing import Any

from django.contrib.auth import password_validation as django_rules
from django.core.exceptions import ValidationError

from accounts.passwords import normalize_password
from accounts.services.sessions import end_all_sessions
from accounts.signals import account_recovered


class _Normalized:
    """Mixin: check the normalized text, as "ｐａｓｓｗｏｒｄ" is as common as "password"."""

    def validate(self, password: str, user: Any = None) -> None:
        super().validate(normalize_password(password), user)  # type: ignore[misc]


class UserAttributeSimilarityValidator(_Normalized, django_rules.UserAttributeSimilarityValidator):
    DEFAULT_USER_ATTRIBUTES = (
        *django_rules.UserAttributeSimilarityValidator.DEFAULT_USER_ATTRIBUTES,
        "display_name",
    )

    def __init__(self) -> None:
        super().__init__(user_attributes=self.DEFAULT_USER_ATTRIBUTES)


class MinimumLengthValidator(_Normalized, django_rules.MinimumLengthValidator):
    """Counts characters of the normalized text."""


class CommonPasswordValidator(_Normalized, django_rules.CommonPasswordValidator):
    """Refuses common passwords."""


class NumericPasswordValidator(_Normalized, django_rules.NumericPasswordValidator):
    """Refuses digits alone."""


class NoOuterBlanksValidator:
    """Refuse blanks at either end: the login form trims them, so the password would never work."""

    def validate(self, password: str, user: Any = None) -> None:
        normalized = normalize_password(password)
        if normalized != normalized.strip():
            raise ValidationError(self.get_help_text(), code="password_outer_blanks")

    def get_help_text(self) -> str:
        return "The password must not begin or end with a blank."


class NewPasswordEndsSessions:
    """End all sessions when a password is set.

    No rule, but Django notifies its validators of every new password: in the admin, by
    `manage.py changepassword`, by the key of a mail.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Accept any password."""

    def password_changed(self, password: str, user: Any = None) -> None:
        end_all_sessions(user=user)
        account_recovered.send(sender=type(user), user=user)

    def get_help_text(self) -> str:
        return "A new password ends all other sessions, in the API and in the admin."
