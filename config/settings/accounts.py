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
# The first one hashes; hashes of the others are replaced at the next login (accounts/hashers.py).
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
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
# Tokens that were signed with these keys are accepted too (accounts/allauth/signing.py).
JWT_FALLBACK_KEYS = [_token_key(secret) for secret in SECRET_KEY_FALLBACKS]

# accounts/allauth adapts django-allauth; clients use the URLs of accounts only.
SESSION_ENGINE = "accounts.allauth.sessions"
SESSION_COOKIE_AGE = int(_REFRESH_LIFETIME.total_seconds())
# Admin sessions end when they were not used for this time.
ADMIN_SESSION_IDLE_HOURS = env.int("ADMIN_SESSION_IDLE_HOURS", default=12)
if ADMIN_SESSION_IDLE_HOURS < 1:
    raise ImproperlyConfigured("ADMIN_SESSION_IDLE_HOURS must be 1 or more.")
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "accounts.allauth.tokens.SealedSessionTokens"  # noqa: S105
ACCOUNT_ADAPTER = "accounts.allauth.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}  # People.get_by_natural_key also finds e-mail addresses
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_PREVENT_ENUMERATION = False  # only /api/register/ tells that a name is taken
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_CHANGE_EMAIL = True  # one address per person, and a new one until it is verified
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.allauth.reset_keys.ResetKeyGenerator"  # noqa: S105
# core/ratelimit counts these in the database; allauth's own limits need the cache.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_ADAPTER = "accounts.allauth.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # services/second_factor.py checks the address
MFA_TOTP_ISSUER = "Event Booking"
# The previous code is accepted too, for slow typists. `ratelimit.is_first` makes each work once.
MFA_TOTP_TOLERANCE = 1
# The domain of passkeys: that of the frontend, or a parent domain of it.
PASSKEY_DOMAIN = env.str("PASSKEY_DOMAIN", default=urlsplit(FRONTEND_URL).hostname or "localhost")
SOCIALACCOUNT_ADAPTER = "accounts.allauth.adapters.ProviderAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # people log in first, then link an account
SOCIALACCOUNT_EMAIL_VERIFICATION = "optional"
# URLs to which providers may redirect, in addition to those below FRONTEND_URL.
SOCIAL_REDIRECT_URIS = env.list("SOCIAL_REDIRECT_URIS", default=[])


def _provider(provider: str, secret: str = "", **app: Any) -> dict[str, Any]:
    """Return the settings of a login provider, which is on if its client id is set.

    More client ids, after commas, are those of mobile apps: their id_tokens are accepted too.
    """
    prefix = provider.upper()
    secret = secret or env.str(f"{prefix}_CLIENT_SECRET", default="")
    first, *others = env.list(f"{prefix}_CLIENT_ID", default=[]) or [""]
    if not first:
        return {}
    apps = [{"client_id": first, "secret": secret, **app}]
    # allauth exchanges codes with the only app that is not hidden.
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
        # allauth's names: `secret` is the id of the key, `key` the id of the team.
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
