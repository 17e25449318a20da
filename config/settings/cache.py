"""Redis, or the memory of the process."""

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

from config.settings.environment import env

REDIS_URL = env.str("REDIS_URL", default="")
REDIS_TIMEOUT_S = 0.3  # the longest delay of a request by a frozen Redis
if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "core.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {
                "socket_connect_timeout": REDIS_TIMEOUT_S,
                "socket_timeout": REDIS_TIMEOUT_S,
                "retry": Retry(NoBackoff(), 0),  # the default retries for seconds
            },
        }
    }
    CACHES["external"] = CACHES["unknown_ids"] = CACHES["default"]
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 10_000},  # two for each session
        },
        # Results of providers, in pages of a hundred events.
        "external": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "external",
            "OPTIONS": {"MAX_ENTRIES": 300},
        },
        # Ids that a provider does not have.
        "unknown_ids": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "unknown_ids",
            "OPTIONS": {"MAX_ENTRIES": 5_000},
        },
    }
