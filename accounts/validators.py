"""Rules of passwords beside Django's."""

from typing import Any

from django.core.exceptions import ValidationError

from accounts.services.sessions import end_all_sessions
from accounts.signals import account_recovered


class NoOuterBlanksValidator:
    """Login trims what was typed, so such a password would never be right."""

    def validate(self, password: str, user: Any = None) -> None:
        if password != password.strip():
            raise ValidationError(self.get_help_text(), code="password_outer_blanks")

    def get_help_text(self) -> str:
        return "The password must not begin or end with a blank."


class NewPasswordEndsSessions:
    """No rule: Django tells its validators of each new password, wherever it is set.

    In the admin, by `manage.py changepassword`, by a key: whoever knew the old one is out.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Any will do."""

    def password_changed(self, password: str, user: Any = None) -> None:
        end_all_sessions(user=user)
        account_recovered.send(sender=type(user), user=user)

    def get_help_text(self) -> str:
        return "A new password ends all other sessions, in the API and in the admin."
