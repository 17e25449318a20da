"""The keys of links in password reset mails."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts.hashers import salt_of


class ResetKeyGenerator(PasswordResetTokenGenerator):
    """Make keys that become invalid with a new password or another address, and nothing else.

    Django's keys also end with the next login, and allauth's with an unverified address. A thief
    who knows the password could so void every key that the owner gets. The salt stands for the
    password: a login can replace the hash by a better one, with the same salt.
    """

    def check_token(self, user: Any, token: str | None) -> bool:
        is_correct = super().check_token(user, token) or _former.check_token(user, token)
        return bool(is_correct)

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}{salt_of(user.password)}{timestamp}{user.email}"


class _FormerKeys(PasswordResetTokenGenerator):
    """Check the keys that a former version made in the hour before an upgrade."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.pk}{user.password}{timestamp}{user.email}"


_former = _FormerKeys()
