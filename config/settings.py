"""Every setting, from the environment (or `.env`; the environment wins).

`.env.example` and the README list each variable with its default.
"""

import logging
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from celery.schedules import crontab
from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.crypto import salted_hmac
from kombu import Exchange, Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import object_store
from config.logs import hide_tokens

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(str(BASE_DIR / ".env"))

# -- Who we are ---------------------------------------------------------------

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
# How many proxies of ours stand in front: they alone are believed about addresses and TLS.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# Where messages lead, as they are written without a request: this API, and the people's frontend.
BASE_URL = env.str(
    "BASE_URL",
    default=f"http://{env.str('HOST', default='127.0.0.1')}:{env.int('PORT', default=8000)}",
).rstrip("/")
FRONTEND_URL = env.str("FRONTEND_URL", default="http://localhost:3000").rstrip("/")

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

# -- Where things are kept ----------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = 60
_database["CONN_HEALTH_CHECKS"] = True
_IS_SQLITE = _database["ENGINE"] == "django.db.backends.sqlite3"
# Timeouts of the database in seconds, 0 for none (core/database/timeouts.py): for a lock, for one
# statement, and between two statements of a transaction. SQLite has one lock for all writers, so
# its lock timeout is longer, and it has no other timeout.
DATABASE_LOCK_TIMEOUT_S = env.float("DATABASE_LOCK_TIMEOUT_S", default=15 if _IS_SQLITE else 3)
DATABASE_STATEMENT_TIMEOUT_S = env.float("DATABASE_STATEMENT_TIMEOUT_S", default=15)
DATABASE_IDLE_TIMEOUT_S = env.float("DATABASE_IDLE_TIMEOUT_S", default=30)
if _IS_SQLITE:
    # IMMEDIATE takes the write lock at BEGIN: a transaction that reads first and writes
    # later can otherwise fail with "database is locked" without ever waiting.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_LOCK_TIMEOUT_S or 3600,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
if _database["ENGINE"] == "django.db.backends.postgresql":
    _database["ENGINE"] = "core.database.postgresql"
    _database["OPTIONS"] = {"connect_timeout": 5, **_database.get("OPTIONS", {})}
    # They outlive a transaction, which poolers do not support.
    _database["DISABLE_SERVER_SIDE_CURSORS"] = True

REDIS_URL = env.str("REDIS_URL", default="")
REDIS_TIMEOUT_S = 0.3  # a frozen Redis may cost a request this much and no more
if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "core.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {
                "socket_connect_timeout": REDIS_TIMEOUT_S,
                "socket_timeout": REDIS_TIMEOUT_S,
                "retry": Retry(NoBackoff(), 0),  # by default it tries for seconds
            },
        }
    }
    CACHES["external"] = CACHES["unknown_ids"] = CACHES["default"]
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 10_000},  # two for each session in use
        },
        # What providers of events have told: pages of a hundred, of which a process holds few.
        "external": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "external",
            "OPTIONS": {"MAX_ENTRIES": 300},
        },
        # Ids that providers do not know.
        "unknown_ids": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "unknown_ids",
            "OPTIONS": {"MAX_ENTRIES": 5_000},
        },
    }

# What people upload: under MEDIA_ROOT, or in the bucket that STORAGE_URL names.
MEDIA_URL = env.str("MEDIA_URL", default="media/")
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "media")))
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEBUG
STORAGE_URL = env.str("STORAGE_URL", default="")
STORAGES: dict[str, dict[str, Any]] = {
    "default": object_store.s3(
        STORAGE_URL,
        endpoint=env.str("AWS_ENDPOINT_URL_S3", default=""),
        region=env.str("AWS_DEFAULT_REGION", default="") or "us-east-1",
        media_url=MEDIA_URL,
    )
    if STORAGE_URL
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# -- People -------------------------------------------------------------------

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
    "AUTH_TOKEN_CLASSES": ["accounts.engine.signing.AccessToken"],
}
# Tokens signed with these are accepted, too (accounts/engine/signing.py).
JWT_FALLBACK_KEYS = [_token_key(secret) for secret in SECRET_KEY_FALLBACKS]

# allauth is the engine behind accounts/engine; people meet only our own paths.
SESSION_ENGINE = "accounts.engine.sessions"
SESSION_COOKIE_AGE = int(_REFRESH_LIFETIME.total_seconds())
# Admin sessions end after this time without use.
ADMIN_SESSION_IDLE_HOURS = env.int("ADMIN_SESSION_IDLE_HOURS", default=12)
if ADMIN_SESSION_IDLE_HOURS < 1:
    raise ImproperlyConfigured("ADMIN_SESSION_IDLE_HOURS must be 1 or more.")
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "accounts.engine.tokens.SealedSessionTokens"  # noqa: S105
ACCOUNT_ADAPTER = "accounts.engine.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}  # by e-mail too: People.get_by_natural_key finds both
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_PREVENT_ENUMERATION = False  # register says that a name is taken; the rest says nothing
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_CHANGE_EMAIL = True  # one address a person, and the next one while it is unverified
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.engine.reset_keys.ResetKeyGenerator"  # noqa: S105
# Ours count in the database and under concurrency (core/ratelimit.py); theirs need the cache.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_ADAPTER = "accounts.engine.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # asked by services/second_factor.py, of the address that counts
MFA_TOTP_ISSUER = "Event Booking"
# A code may be typed as it changes; `limits.is_first` sees to it that each works once all the same.
MFA_TOTP_TOLERANCE = 1
# Passkeys belong to the site on which they are made: the frontend's, or a domain above it.
PASSKEY_DOMAIN = env.str("PASSKEY_DOMAIN", default=urlsplit(FRONTEND_URL).hostname or "localhost")
SOCIALACCOUNT_ADAPTER = "accounts.engine.adapters.ProviderAdapter"
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

# -- The API ------------------------------------------------------------------

RATE_LIMITS = env.bool("RATE_LIMITS", default=True)


def _checked_rate(variable: str, default: str) -> str:
    rate = str(env.str(variable, default=default))
    if not re.fullmatch(r"[1-9][0-9]*/(s|sec|m|min|h|hour|d|day)", rate):
        raise ImproperlyConfigured(
            f"{variable}={rate!r} is not a rate: write a number and s, min, hour or day, such as "
            "10/min."
        )
    return rate


def _mail_quota(variable: str, default: str) -> tuple[int, int]:
    """The number of a rate such as `10/min`, and its seconds."""
    number, _, period = _checked_rate(variable, default).partition("/")
    return int(number), {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}[period[0]]


def _rate(scope: str, default: str) -> str | None:
    """The rate of `THROTTLE_<SCOPE>`, such as `10/min`; None while RATE_LIMITS is off."""
    rate = _checked_rate(f"THROTTLE_{scope.upper()}", default)
    return rate if RATE_LIMITS else None


REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.SessionTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["core.api.json.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.json.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.PagePagination",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["core.ratelimit.throttles.RateLimits"],
    "DEFAULT_THROTTLE_RATES": {
        "anon": _rate("anon", "120/min"),
        "user": _rate("user", "600/min"),
        "login": _rate("login", "20/min"),
        "second_factor": _rate("second_factor", "20/min"),
        "register": _rate("register", "100/hour"),
        "reset": _rate("reset", "30/hour"),
        "refresh": _rate("refresh", "60/min"),
        "rsvp": _rate("rsvp", "60/min"),
        # By client address, in seats: rsvp/services/seat_limits.py counts them.
        "unverified_seats": _rate("unverified_seats", "30/hour"),
        "guests": _rate("guests", "100/hour"),
        "external": _rate("external", "60/min"),
        "import": _rate("import", "30/min"),
        "analytics": _rate("analytics", "60/min"),
        "export": _rate("export", "10/hour"),
        "upload": _rate("upload", "30/hour"),
    },
    "EXCEPTION_HANDLER": "core.api.problems.handle_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}
# 1 MB of JSON, 6 MB of upload: API.md's limits, in one place for parser and middleware.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_MAX_SIZE = 6 * 1024 * 1024
# Uploads stay in memory, which that bounds: nothing is left in /tmp by whoever is killed.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_SIZE
DATA_UPLOAD_MAX_NUMBER_FILES = 10
# What the upper floors show on an event: field -> (function, serializer of its value).
# The function takes (user, event ids) and answers {id: value} with one query a page.
EVENT_EXTRAS = {"my_rsvp": ("rsvp.selectors.my_rsvps", "rsvp.serializers.answers.MyRsvpSerializer")}

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/(api|health)/.*$"
CORS_EXPOSE_HEADERS = ["X-Request-ID", "Retry-After", "RateLimit", "RateLimit-Policy"]

SWAGGER_USE_COMPAT_RENDERERS = False
# By name: the pages' own address with ?format= would answer HTML again.
_SPEC_URL = ("swagger-spec", {"format": "json"})
REDOC_SETTINGS = {"SPEC_URL": _SPEC_URL}
SWAGGER_SETTINGS = {
    "DEFAULT_AUTO_SCHEMA_CLASS": "core.api.openapi.ProblemAutoSchema",
    "DEFAULT_INFO": "core.api.openapi.API_INFO",
    "SECURITY_DEFINITIONS": {
        "Bearer": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "Type `Bearer ` and then the `access` token that login answers.",
        }
    },
    "SPEC_URL": _SPEC_URL,
    "USE_SESSION_AUTH": False,
    "PERSIST_AUTH": False,  # a token in localStorage outlives the visit
    "DEFAULT_MODEL_RENDERING": "example",
    "DOC_EXPANSION": "list",
    "OPERATIONS_SORTER": None,
    "TAGS_SORTER": None,
}

# -- What is done after the answer ----------------------------------------------

# Without a broker the same tasks run in the server's own process (core/background.py).
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
CELERY_TASK_ALWAYS_EAGER = not CELERY_BROKER_URL
# Nobody waits for results; naming a Redis here keeps them for those who want to look.
CELERY_RESULT_BACKEND = env.str("CELERY_RESULT_BACKEND", default="") or None
CELERY_TASK_IGNORE_RESULT = CELERY_RESULT_BACKEND is None
# A killed worker's task goes back to its queue, and no worker hoards what others could do.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Quorum queues survive the loss of a broker's node.
CELERY_TASK_QUEUES = [
    Queue(
        name,
        Exchange("booking", type="topic"),
        routing_key=name,
        queue_arguments={"x-queue-type": "quorum"},
    )
    for name in ("default", "mail", "push", "imports")
]
CELERY_TASK_DEFAULT_EXCHANGE = "booking"
CELERY_TASK_DEFAULT_EXCHANGE_TYPE = "topic"
CELERY_TASK_DEFAULT_ROUTING_KEY = "default"
CELERY_TASK_DEFAULT_QUEUE = "default"
# Whoever waits for a provider of events waits beside the mails and not before them.
CELERY_TASK_ROUTES = {"external_events.tasks.*": {"queue": "imports"}}
# A frozen broker may cost whoever publishes this much and no more.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "confirm_publish": True,
    "read_timeout": 5,
    "write_timeout": 5,
}
# Once more, at once: a connection that died since its last use is made anew only by a retry.
# Without it the beat's would stay dead after a restart of the broker.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker, however long
# A delivery that is under way when the broker goes is not cut off: it might be sent already.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # mails on the console stay mails
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = 10

# Whoever delivers a message has claimed it for this long. A task that takes longer is killed
# before the claim lapses, so that no second sender begins while the first is still at it.
DELIVERY_CLAIM_S = 60
CELERY_TASK_SOFT_TIME_LIMIT = DELIVERY_CLAIM_S - 10
CELERY_TASK_TIME_LIMIT = DELIVERY_CLAIM_S - 5
# The pauses before the next attempts, give or take a fifth; after the last one it is dead.
DELIVERY_PAUSES_S = [5, 20, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600]

CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # no file: each of these may run late or twice
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": every, "options": {"expires": expires}}
    for task, every, expires in (
        ("notifications.tasks.relay", timedelta(seconds=5), 60),
        ("rsvp.tasks.fan_out", timedelta(seconds=10), 60),
        ("rsvp.tasks.remind", timedelta(seconds=10), 60),
        ("rsvp.tasks.free_seats_of_inactive", timedelta(minutes=10), 600),
        ("reviews.tasks.ask_for_reviews", timedelta(minutes=1), 60),
        ("rsvp.tasks.send_digests", crontab(minute="0"), 3600),
        ("events.tasks.extend_series", crontab(minute="20"), 3600),
        ("external_events.tasks.work_on_runs", timedelta(seconds=10), 60),
        ("external_events.tasks.fetch_banners", timedelta(seconds=10), 60),
        ("external_events.tasks.look_at_imported", timedelta(minutes=5), 300),
        ("notifications.tasks.forget_old", crontab(hour="3", minute="30"), 3600),
        ("accounts.tasks.answer_mail_requests", timedelta(seconds=5), 60),
        ("accounts.tasks.retry_stale_snapshots", timedelta(seconds=5), 60),
        ("accounts.tasks.finish_erasures", timedelta(minutes=10), 600),
        ("core.tasks.forget_lapsed_limits", timedelta(minutes=10), 600),
        ("accounts.tasks.forget_dead_sessions", crontab(hour="3", minute="40"), 3600),
        ("accounts.tasks.sweep_pictures", crontab(hour="3", minute="50"), 3600),
        ("events.tasks.sweep_banners", crontab(hour="3", minute="55"), 3600),
    )
}

# -- Quotas -----------------------------------------------------------------------

# RATE_LIMITS=off lifts these, too. Each date of a series counts as an event.
EVENT_DATES_PER_DAY = env.int("EVENT_DATES_PER_DAY", default=1000)
OPEN_EVENTS_PER_ORGANIZER = env.int("OPEN_EVENTS_PER_ORGANIZER", default=5000)
# Seats at events that have not ended, of an account without a verified e-mail address.
UNVERIFIED_SEATS = env.int("UNVERIFIED_SEATS", default=5)
for _quota in (EVENT_DATES_PER_DAY, OPEN_EVENTS_PER_ORGANIZER, UNVERIFIED_SEATS):
    if _quota < 1:
        raise ImproperlyConfigured("Quotas are 1 or more. RATE_LIMITS=off lifts all of them.")

# -- Messages -------------------------------------------------------------------

_email = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"] or "localhost"
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_PORT = _email["EMAIL_PORT"] or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_TIMEOUT = 10  # seconds, for each answer of the mail server
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Event Booking <events@localhost>")

# A channel is on when its provider's credentials are there.
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")
TWILIO_BASE_URL = env.str("TWILIO_BASE_URL", default="https://api.twilio.com")
FCM_CREDENTIALS_FILE = env.str("FCM_CREDENTIALS_FILE", default="")

# Asked right before a message of that kind leaves: is this notification still true? By then
# it may have been overtaken by whatever happened to the event, the answer or the account.
NOTIFICATION_GUARDS = {
    "verify_email": "accounts.mails.still_unverified",
    "reminder": "rsvp.selectors.reminder_still_holds",
    "event_changed": "rsvp.selectors.change_still_holds",
    "event_cancelled": "rsvp.selectors.cancellation_still_holds",
    "review_request": "reviews.selectors.request_still_holds",
    **dict.fromkeys(
        ("rsvp_confirmed", "waitlisted", "promoted", "rsvp_cancelled"),
        "rsvp.selectors.receipt_still_holds",
    ),
}
# Where the mail of that kind leads, a URL. Asked as it is rendered for sending, because the link
# holds a key: whoever reads the outbox or a backup of it must not find one.
NOTIFICATION_LINKS = {
    "verify_email": "accounts.mails.verification_link",
    "reset_password": "accounts.mails.reset_link",
    # Not a link: the code that confirms a number, for the same reason.
    "verify_phone": "accounts.services.phones.new_code",
    "account_security": "accounts.mails.undo_link",
}
# The QR code of the person's ticket as a PNG, for mails that confirm seats. It is made when a mail
# is rendered for sending, for the same reason; empty if the person has no seat by then.
NOTIFICATION_TICKETS = dict.fromkeys(
    ("rsvp_confirmed", "promoted"), "rsvp.tickets.picture_for_mail"
)
NOTIFICATIONS_KEPT_DAYS = 30

# Mails of each kind to one mailbox, whichever accounts cause them; RATE_LIMITS=off lifts these.
# Skipped messages stay in the app. The window of resets is as long as their links are valid, so if
# a stranger uses the quota up, the owner's mailbox still has a valid link.
MAIL_LIMITS = {
    "verification": _mail_quota("MAIL_LIMIT_VERIFICATION", "10/day"),
    "reset": _mail_quota("MAIL_LIMIT_RESET", "3/hour"),
    "receipts": _mail_quota("MAIL_LIMIT_RECEIPTS", "20/hour"),
    "security": _mail_quota("MAIL_LIMIT_SECURITY", "5/day"),
}
# SMS cost money: only to confirmed numbers of these countries (ISO 3166; * for all), and only so
# many in 24 hours. These limits apply while RATE_LIMITS is off, too.
_CHEAP = "AT,AU,BE,CA,CH,CZ,DE,DK,ES,FI,FR,GB,IE,IS,IT,LI,LU,NL,NO,NZ,PL,PT,SE,US"
SMS_COUNTRIES = frozenset(
    country.strip().upper() for country in env.list("SMS_COUNTRIES", default=_CHEAP.split(","))
)
if not all(re.fullmatch(r"[A-Z]{2}|\*", country) for country in SMS_COUNTRIES):
    raise ImproperlyConfigured("SMS_COUNTRIES must be codes of two letters, such as DE,US, or *.")
SMS_PER_NUMBER_DAY = env.int("SMS_PER_NUMBER_DAY", default=10)
SMS_PER_EVENT_DAY = env.int("SMS_PER_EVENT_DAY", default=500)
SMS_PER_ORGANIZER_DAY = env.int("SMS_PER_ORGANIZER_DAY", default=1000)
SMS_PER_DAY = env.int("SMS_PER_DAY", default=2000)
# Codes that confirm a number can be requested by anybody, so they have a separate budget: codes
# and other SMS cannot use up each other's.
SMS_CODES_PER_NUMBER_DAY = env.int("SMS_CODES_PER_NUMBER_DAY", default=5)
SMS_CODES_PER_DAY = env.int("SMS_CODES_PER_DAY", default=200)

# CSV files: the most rows of a file, and how many files a process sends at once.
EXPORT_ROWS = env.int("EXPORT_ROWS", default=20_000)
EXPORTS_AT_ONCE = env.int("EXPORTS_AT_ONCE", default=max(1, env.int("WEB_THREADS", default=8) // 4))
# Most request threads of a process that may wait for one event's tally while nobody gets its lock.
WAITERS_PER_EVENT = env.int(
    "WAITERS_PER_EVENT", default=max(1, env.int("WEB_THREADS", default=8) // 2)
)

# -- At the door ----------------------------------------------------------------

# People are checked in from so long before an event's start, up to so long after its end.
CHECK_IN_OPENS_MINUTES = env.int("CHECK_IN_OPENS_MINUTES", default=120)
CHECK_IN_CLOSES_MINUTES = env.int("CHECK_IN_CLOSES_MINUTES", default=0)

# -- Reviews --------------------------------------------------------------------

# Who was at an event is asked for a review so long after its end; after two days nobody is.
REVIEW_REQUEST_AFTER_MINUTES = env.int("REVIEW_REQUEST_AFTER_MINUTES", default=60)
if not 0 <= REVIEW_REQUEST_AFTER_MINUTES < 48 * 60:
    raise ImproperlyConfigured("REVIEW_REQUEST_AFTER_MINUTES must be from 0 to 2879.")

# -- Where the world's events come from ---------------------------------------

# A provider is on when its key is there. The base is the URL without the path of a resource.
TICKETMASTER_API_KEY = env.str("TICKETMASTER_API_KEY", default="")
TICKETMASTER_BASE_URL = env.str(
    "TICKETMASTER_BASE_URL", default="https://app.ticketmaster.com"
).rstrip("/")
# What a key may ask for in a day; Ticketmaster raises it for those who ask for more.
TICKETMASTER_DAILY_QUOTA = env.int("TICKETMASTER_DAILY_QUOTA", default=5000)
# Requests to each provider that one person can cause in a day; at most a tenth of Ticketmaster's
# quota. Results from the cache do not count.
PROVIDER_DAILY_REQUESTS_PER_PERSON = env.int("PROVIDER_DAILY_REQUESTS_PER_PERSON", default=250)
if PROVIDER_DAILY_REQUESTS_PER_PERSON < 1:
    raise ImproperlyConfigured("PROVIDER_DAILY_REQUESTS_PER_PERSON must be 1 or more.")
SEATGEEK_CLIENT_ID = env.str("SEATGEEK_CLIENT_ID", default="")
SEATGEEK_CLIENT_SECRET = env.str("SEATGEEK_CLIENT_SECRET", default="")
SEATGEEK_BASE_URL = env.str("SEATGEEK_BASE_URL", default="https://api.seatgeek.com").rstrip("/")
# Pictures come from wherever a provider says, but from this very host only in tests.
PICTURES_FROM_LOOPBACK = False

# -- Words and clocks ---------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
# A language's own formats come before DATETIME_FORMAT.
FORMAT_MODULE_PATH = ["config.formats"]

# -- The wire -----------------------------------------------------------------

# HTTPS=off is for trying production settings out on a machine without TLS.
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Opt-in: both affect other hosts of the domain, and browsers' preload list keeps them for months.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    raise ImproperlyConfigured("HSTS_PRELOAD needs HSTS_INCLUDE_SUBDOMAINS=on (hstspreload.org).")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # these two, left off
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
# Responses of the API are data. Pages have policies of their own: core/content_security.py.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "form-action": [csp.NONE],
        "frame-ancestors": [csp.NONE],
    }
}

# -- The log ------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="console")
_shared_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    hide_tokens,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.StackInfoRenderer(),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared_processors,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "log": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Not the console's pretty traceback: it prints local variables, secrets too.
                structlog.processors.format_exc_info,
                hide_tokens,
                structlog.processors.JSONRenderer()
                if LOG_FORMAT == "json"
                else structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(),
                    exception_formatter=structlog.dev.plain_traceback,
                ),
            ],
            "foreign_pre_chain": _shared_processors,
        }
    },
    "filters": {"without_traceback": {"()": "config.logs.WithoutTraceback"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "log"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Django's own handlers would print every line a second time.
        "django": {"handlers": [], "propagate": True},
        # Refusals stand in the line of their request already; crashes come with a traceback.
        "django.request": {"level": "ERROR"},
        # Its own handler would print plain text between lines of JSON.
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        # Tasks run every few seconds, mostly with nothing to do; what they did they say themselves,
        # and the courier and django-structlog tell of those that failed.
        "celery.app.trace": {"level": "CRITICAL"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING", "filters": ["without_traceback"]},
        # Without a broker it says so at each look for one.
        "kombu.connection": {"level": "ERROR"},
        # At each connection: where it found the keys of the object store.
        "botocore.credentials": {"level": "WARNING"},
        # Eight lines an SMS, with the account's id.
        "twilio.http_client": {"level": "WARNING"},
        # It names URLs, and those of providers hold our keys.
        "urllib3": {"level": "ERROR"},
    },
}
logging.captureWarnings(LOG_FORMAT == "json")  # else Python prints them as plain text
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # RequestIdMiddleware has checked it
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # core/receivers.py binds it
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10  # one line a request, at its end

# -- The admin ----------------------------------------------------------------

UNFOLD = {
    "SCRIPTS": [lambda request: static("core/admin.js")],
    "STYLES": [lambda request: static("core/admin.css")],
    "SITE_TITLE": "Event Booking & Attendance",
    "SITE_HEADER": "Event Booking",
    "SITE_SUBHEADER": "Events, RSVPs and the people behind them",
    "SITE_SYMBOL": "event_available",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}
    ],
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "accounts.forms.AdminLoginForm"},
    "DASHBOARD_CALLBACK": "analytics.admin.dashboard.dashboard",
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "analytics.admin.sidebar.navigation",
    },
}
