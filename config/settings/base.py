"""Keys, hosts, apps, middleware, templates and formats."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY (50 random characters), or DEBUG=on.")
    SECRET_KEY = "debug-only-" + "insecure-" * 5
# Former keys: data that they signed or encrypted stays valid.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Keys of secrets at rest (core/crypto.py): the first one encrypts, all of them decrypt.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[]) or [SECRET_KEY, *SECRET_KEY_FALLBACKS]
for _name, _key in (
    ("SECRET_KEY", SECRET_KEY),
    ("the first of ENCRYPTION_KEYS", ENCRYPTION_KEYS[0]),
):
    # A short key can be guessed from one signed token, without asking this server. Former keys
    # may be short: they are how a server leaves such a key behind.
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
    "events",
    "rsvp",
    "external_events",
    "reviews",
    "analytics",
    "demo",
]

MIDDLEWARE = [
    "core.streams.BrokenStreamMiddleware",  # outside of every middleware that changes bodies
    "core.middleware.RequestIdMiddleware",
    "core.middleware.NoStoreMiddleware",
    "core.content_security.ContentSecurityPolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",  # around the others: browsers must read problems too
    "core.middleware.RateLimitMiddleware",
    # Around the one that writes problems: their headers must be as strict.
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.middleware.ProblemMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.AdminSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
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
        # For messages in plain text, where `&amp;` would be read as it stands.
        "NAME": "text",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"autoescape": False},
    },
]
# Where messages lead, as they are written without a request: this API, and the people's frontend.
BASE_URL = env.str(
    "BASE_URL",
    default=f"http://{env.str('HOST', default='127.0.0.1')}:{env.int('PORT', default=8000)}",
).rstrip("/")
FRONTEND_URL = env.str("FRONTEND_URL", default="http://localhost:3000").rstrip("/")

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
# A language's own formats come before DATETIME_FORMAT.
FORMAT_MODULE_PATH = ["config.formats"]
