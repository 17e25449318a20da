"""Rules of passwords beside Django's."""

from typing import Any

from django.core.exceptions import ValidationError


class NoOuterBlanksValidator:
    """Login trims what was typed, so such a password would never be right."""

    def validate(self, password: str, user: Any = None) -> None:
        if password != password.strip():
            raise ValidationError(self.get_help_text(), code="password_outer_blanks")

    def get_help_text(self) -> str:
        return "The password must not begin or end with a blank."
