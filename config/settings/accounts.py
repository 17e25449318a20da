"""Accounts, tokens, sessions and login providers."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import salted_hmac

from config.settings.base import FRONTEND_URL, SECRET_KEY, SECRET_KEY_FALLBACKS
from config.settings.environment import env

AUTH_USER_MODEL = "accounts.User"
ORGANIZER_SELF_SIGNUP = env.bool("ORGANIZER_SELF_SIGNUP", default=True)
REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE = env.bool("REQUIRE_VERIFIED_EMAIL_TO_ORGANIZE", default=False)
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"accounts.validators.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
        "NoOuterBlanksValidator",
        "NewPasswordEndsSessions",
    )
]
_REFRESH_LIFETIME = timedelta(days=14)


def _token_key(secret: str) -> str:
    """Return the key of tokens, so that nothing else that is signed is accepted as one.

    It is as long as HS256 requires (RFC 7518, 3.2).
    """
    return salted_hmac("tokens", secret, secret=secret, algorithm="sha256").hexdigest()


SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": _REFRESH_LIFETIME,
    "SIGNING_KEY": _token_key(SECRET_KEY),
    "AUTH_TOKEN_CLASSES": ["accounts.allauth.signing.AccessToken"],
}
# Tokens signed with these are accepted, too (accounts/allauth/signing.py).
JWT_FALLBACK_KEYS = [_token_key(secret) for secret in SECRET_KEY_FALLBACKS]

# allauth is the engine behind accounts/allauth; people meet only our own paths.
SESSION_ENGINE = "accounts.allauth.sessions"
SESSION_COOKIE_AGE = int(_REFRESH_LIFETIME.total_seconds())
# Admin sessions end after this time without use.
ADMIN_SESSION_IDLE_HOURS = env.int("ADMIN_SESSION_IDLE_HOURS", default=12)
if ADMIN_SESSION_IDLE_HOURS < 1:
    raise ImproperlyConfigured("ADMIN_SESSION_IDLE_HOURS must be 1 or more.")
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "accounts.allauth.tokens.SealedSessionTokens"  # noqa: S105
ACCOUNT_ADAPTER = "accounts.allauth.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}  # by e-mail too: People.get_by_natural_key finds both
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_PREVENT_ENUMERATION = False  # register says that a name is taken; the rest says nothing
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_CHANGE_EMAIL = True  # one address a person, and the next one while it is unverified
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.allauth.reset_keys.ResetKeyGenerator"  # noqa: S105
# Ours count in the database and under concurrency (core/ratelimit.py); theirs need the cache.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_ADAPTER = "accounts.allauth.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # asked by services/second_factor.py, of the address that counts
MFA_TOTP_ISSUER = "Event Booking"
# A code may be typed as it changes; `limits.is_first` sees to it that each works once all the same.
MFA_TOTP_TOLERANCE = 1
# Passkeys belong to the site on which they are made: the frontend's, or a domain above it.
PASSKEY_DOMAIN = env.str("PASSKEY_DOMAIN", default=urlsplit(FRONTEND_URL).hostname or "localhost")
SOCIALACCOUNT_ADAPTER = "accounts.allauth.adapters.ProviderAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address proves no account: log in, then link
SOCIALACCOUNT_EMAIL_VERIFICATION = "optional"
# Where providers may send people back to, beside all below FRONTEND_URL.
SOCIAL_REDIRECT_URIS = env.list("SOCIAL_REDIRECT_URIS", default=[])


def _provider(provider: str, secret: str = "", **app: Any) -> dict[str, Any]:
    """A provider is on when its client id is there.

    Apps for phones have ids of their own, after commas: their id_tokens count as well.
    """
    prefix = provider.upper()
    secret = secret or env.str(f"{prefix}_CLIENT_SECRET", default="")
    first, *others = env.list(f"{prefix}_CLIENT_ID", default=[]) or [""]
    if not first:
        return {}
    apps = [{"client_id": first, "secret": secret, **app}]
    # The library exchanges codes with the one app that is not hidden.
    apps += [
        {**apps[0], "client_id": other, "settings": {**app.get("settings", {}), "hidden": True}}
        for other in others
    ]
    return {provider: {"APPS": apps}}


SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    **_provider("google"),
    **_provider("github"),
    **_provider("facebook"),
    **_provider(
        "apple",
        # In the library's words: `secret` is the key's id, `key` the team's.
        secret=env.str("APPLE_KEY_ID", default=""),
        key=env.str("APPLE_TEAM_ID", default=""),
        settings={"certificate_key": env.str("APPLE_PRIVATE_KEY", default="", multiline=True)},
    ),
    **_provider(
        "openid_connect",
        provider_id="openid_connect",
        name=env.str("OPENID_CONNECT_NAME", default="OpenID Connect"),
        settings={"server_url": env.str("OPENID_CONNECT_SERVER_URL", default="")},
    ),
}
