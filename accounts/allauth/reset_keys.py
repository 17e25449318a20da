"""The keys of links in password reset mails."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator


class ResetKeyGenerator(PasswordResetTokenGenerator):
    """Make keys that a new password or another address ends, and nothing else.

    Django's keys end with the next login, too, and allauth's with an address that waits to be
    verified: a thief who knows the password could make every key worthless that its owner gets.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}{user.password}{timestamp}{user.email}"
