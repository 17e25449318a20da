"""The keys of links in password reset mails."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator


class ResetKeyGenerator(PasswordResetTokenGenerator):
    """Make keys that become invalid with a new password or another address, and nothing else.

    Django's keys also end with the next login, and allauth's with an unverified address. A thief
    who knows the password could so void every key that the owner gets.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}{user.password}{timestamp}{user.email}"
