"""Keys, hosts, apps, middleware, templates and formats."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY (50 random characters), or DEBUG=on.")
    SECRET_KEY = "debug-only-" + "insecure-" * 5
# Former keys, so that what they signed or encrypted stays valid.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Keys for secrets in the database (core/crypto.py): the first encrypts, all of them decrypt.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[]) or [SECRET_KEY, *SECRET_KEY_FALLBACKS]
for _name, _key in (
    ("SECRET_KEY", SECRET_KEY),
    ("the first of ENCRYPTION_KEYS", ENCRYPTION_KEYS[0]),
):
    # A short key can be guessed offline from one signed token. Former keys may be short, so that a
    # server with a short key can be moved to a new one.
    if len(_key) < 32 and not DEBUG:
        raise ImproperlyConfigured(f"Set {_name} to 32 random characters or more (50 is better).")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "tests.runner.PytestRunner"

INSTALLED_APPS = [
    "core",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "django_filters",
    "django_structlog",
    "drf_yasg",
    "rest_framework",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.apple",
    "allauth.socialaccount.providers.facebook",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "notifications",
    "accounts",
    "idempotency",
    "events",
    "payments",
    "rsvp",
    "external_events",
    "reviews",
    "analytics",
    "demo",
]

MIDDLEWARE = [
    "core.streams.BrokenStreamMiddleware",  # outside of middleware that changes bodies
    "core.middleware.RequestIdMiddleware",
    "core.middleware.NoStoreMiddleware",
    "core.content_security.ContentSecurityPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",  # outside, so that browsers can read errors too
    "core.middleware.RateLimitMiddleware",
    # Outside of ProblemMiddleware, so that its responses have these headers too.
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.middleware.ProblemMiddleware",
    "core.request_log.RequestLogMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.SlashMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "idempotency.middleware.IdempotencyMiddleware",
    "core.middleware.PagesMiddleware",  # the API skips what follows
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.AdminSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
    {
        # For messages in plain text, where `&amp;` would not be decoded.
        "NAME": "text",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"autoescape": False},
    },
]
# The URLs of this API and of the frontend, for links in messages.
BASE_URL = env.str(
    "BASE_URL",
    default=f"http://{env.str('HOST', default='127.0.0.1')}:{env.int('PORT', default=8000)}",
).rstrip("/")
FRONTEND_URL = env.str("FRONTEND_URL", default="http://localhost:3000").rstrip("/")

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
# Formats of a language override DATETIME_FORMAT.
FORMAT_MODULE_PATH = ["config.formats"]
