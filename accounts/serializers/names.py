"""The display name of a user."""

from typing import Any

from accounts.models import User
from core.api import serializers
from core.validators import PlainText, is_visible, normalize_name


class DisplayNameField(serializers.CharField):
    """Reads a name in any script, or ""; shows the name that others see."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=100,
            allow_blank=True,
            required=False,
            validators=[PlainText()],
            help_text=User._meta.get_field("display_name").help_text,
            **kwargs,
        )

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Refuse text without a visible character; empty text removes the name."""
        if isinstance(data, str) and data and "\0" not in data and not is_visible(data):
            self.fail("blank")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        return normalize_name(super().to_internal_value(data))

    def get_attribute(self, instance: User) -> str:
        return instance.shown_name
