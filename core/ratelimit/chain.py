"""Who counts now: Redis; the database while Redis is away; this process where neither is there."""

from collections.abc import Iterator, Sequence

from django.conf import settings
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
    """Judge one request by all its limits at once; never raises for a store that is away.

    Danger: a change of the store begins every window anew, so that around the begin and the
    end of an outage of Redis a quota can be used once more.
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


def _shared_stores() -> Iterator[tuple[Store, _Errors, Breaker]]:
    """None without a Redis: the server is one process then, and its memory is enough."""
    cache = settings.CACHES["default"]
    if cache["BACKEND"].endswith("RedisCache"):
        yield RedisStore(cache["LOCATION"]), (RedisError,), redis_breaker
        yield DatabaseStore(), (OperationalError, InterfaceError), database_breaker
