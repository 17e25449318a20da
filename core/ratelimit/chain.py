"""Chooses the store that counts: Redis, the database while Redis is down, or this process."""

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.core.cache import caches
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from core.circuit_breaker import Breaker
from core.ratelimit.in_database import DatabaseStore
from core.ratelimit.in_memory import MemoryStore
from core.ratelimit.in_redis import RedisStore
from core.ratelimit.windows import Limit, Store, Verdict

memory = MemoryStore()
redis_breaker = Breaker("rate_limits_without_redis")
database_breaker = Breaker("rate_limits_without_database")

_Errors = tuple[type[Exception], ...]


def count(limits: Sequence[Limit]) -> Verdict:
    """Check one request against all its limits at once. A store that is down raises nothing.

    Each change of the store starts new windows, so a quota can be used a second time when an outage
    of Redis begins or ends.
    """
    for store, errors, breaker in _shared_stores():
        if not breaker.lets_through():
            continue
        try:
            verdict = store.count(limits)
        except errors as error:
            breaker.note_failure(error)
        else:
            breaker.note_success()
            return verdict
    return memory.count(limits)


def count_if(limits: Sequence[Limit], *, key: str, value: int) -> Verdict | None:
    """Count the limits if the shared cache has this value under this key, in one round trip.

    Otherwise, and while Redis is down, count nothing and return None.
    """
    if not _has_redis():
        return memory.count(limits) if caches["default"].get(key) == value else None
    if not redis_breaker.lets_through():
        return None
    try:
        verdict = RedisStore(settings.CACHES["default"]["LOCATION"]).count_if(
            limits, key=key, value=value
        )
    except RedisError as error:
        redis_breaker.note_failure(error)
        return None
    redis_breaker.note_success()
    return verdict


def _shared_stores() -> Iterator[tuple[Store, _Errors, Breaker]]:
    """Yield nothing without Redis: then the server is one process, and its memory is enough."""
    if _has_redis():
        yield RedisStore(settings.CACHES["default"]["LOCATION"]), (RedisError,), redis_breaker
        yield DatabaseStore(), (OperationalError, InterfaceError), database_breaker


def _has_redis() -> bool:
    return str(settings.CACHES["default"]["BACKEND"]).endswith("RedisCache")
