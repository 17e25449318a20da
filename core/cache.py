"""The shared cache. While Redis is down it acts like an empty cache, and logs that once."""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

from core.circuit_breaker import Breaker


class _Client(RedisCacheClient):
    """Django's client, which makes a new `redis.Redis` for each call (60 µs, without a call)."""

    @cached_property
    def _redis(self) -> Any:
        return super().get_client(write=True)

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        return self._redis


class ForgivingRedisCache(RedisCache):
    """Redis for values that can be computed again, so that its errors are not raised.

    After a failure Redis is not called for some seconds: a frozen Redis costs one request the
    timeout, and not every request. A caller that must know whether a value was stored reads it.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._class = _Client

    def _call(self, call: Callable[..., Any], empty: Any, *args: Any, **kwargs: Any) -> Any:
        breaker = _breaker(str(self._servers))  # type: ignore[attr-defined]
        if not breaker.lets_through():
            return empty
        try:
            result = call(*args, **kwargs)
        except RedisError as error:
            breaker.note_failure(error)
            return empty
        breaker.note_success()
        return result

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._call(super().get, default, key, default, version)

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._call(super().get_many, {}, keys, version)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Return True while Redis is down, as for an empty cache."""
        return self._call(super().add, True, key, value, *args, **kwargs)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        self._call(super().set, None, key, value, *args, **kwargs)

    def delete(self, key: Any, version: int | None = None) -> Any:
        return self._call(super().delete, False, key, version)


@cache
def _breaker(server: str) -> Breaker:
    """Return the one of the process, because Django creates a cache for each thread."""
    return Breaker("cache_away")
