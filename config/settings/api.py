"""The REST API, its rate limits, CORS and Swagger."""

from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import checked_rate, env

RATE_LIMITS = env.bool("RATE_LIMITS", default=True)


def _rate(scope: str, default: str) -> str | None:
    """Return the rate of `THROTTLE_<SCOPE>`, such as `10/min`; None while RATE_LIMITS is off."""
    rate = checked_rate(f"THROTTLE_{scope.upper()}", default)
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
        # Seats by client address (rsvp/services/seat_limits.py).
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

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/(api|health)/.*$"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    "Deprecation",
    "ETag",
    "Idempotency-Replayed",
    "X-Request-ID",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "Sunset",
]

# A key whose process died is free again after this many seconds (idempotency/).
IDEMPOTENCY_LEASE_S = env.float("IDEMPOTENCY_LEASE_S", default=30)
if IDEMPOTENCY_LEASE_S < 1:  # it is renewed three times in this time
    raise ImproperlyConfigured("Set IDEMPOTENCY_LEASE_S to 1 or more (30 is the default).")

SWAGGER_USE_COMPAT_RENDERERS = False
# The route's name: the URL of the page with ?format= would return HTML again.
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
            "description": "Type `Bearer ` and the `access` token of the login response.",
        }
    },
    "SPEC_URL": _SPEC_URL,
    "USE_SESSION_AUTH": False,
    "PERSIST_AUTH": False,  # else the token stays in localStorage
    # With all of them open, the page shows a few operations of the first section, and no others.
    "DOC_EXPANSION": "none",
    "DEEP_LINKING": True,
    "DEFAULT_MODEL_RENDERING": "example",
    "OPERATIONS_SORTER": None,
    "TAGS_SORTER": None,
}
