"""JSON Web Tokens, signed with the current key and verified with former keys too."""

from typing import Any

from django.conf import settings
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken
from rest_framework_simplejwt.settings import api_settings


class RotatingTokenBackend(TokenBackend):
    """Sign with the current key; accept tokens signed with JWT_FALLBACK_KEYS.

    simplejwt verifies with one key only, so a new SECRET_KEY would log everybody out.
    """

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Raises TokenBackendError."""
        try:
            return super().decode(token, verify)
        except TokenBackendExpiredToken:  # the signature is valid, so no other key helps
            raise
        except TokenBackendError:
            for key in settings.JWT_FALLBACK_KEYS:
                former = TokenBackend(self.algorithm, key, leeway=self.leeway)
                try:
                    return former.decode(token, verify)
                except TokenBackendExpiredToken:
                    raise
                except TokenBackendError:
                    continue
            raise


_backend = RotatingTokenBackend(
    api_settings.ALGORITHM, api_settings.SIGNING_KEY, leeway=api_settings.LEEWAY
)


class AccessToken(tokens.AccessToken):
    _token_backend = _backend


class RefreshToken(tokens.RefreshToken):
    _token_backend = _backend
    access_token_class = AccessToken
