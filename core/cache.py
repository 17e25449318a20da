"""The shared cache, which may be away: then it is an empty one, and says so once."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from core.circuit_breaker import Breaker


class ForgivingRedisCache(RedisCache):
    """Redis, where nothing is kept that could not be found elsewhere.

    After a failure it is left alone for some seconds, so that a frozen Redis
    costs one request its timeout and not each. Who must know whether a value
    has arrived reads it back.
    """

    def _ask(self, call: Callable[..., Any], empty: Any, *args: Any, **kwargs: Any) -> Any:
        breaker = _breaker(str(self._servers))  # type: ignore[attr-defined]
        if not breaker.lets_through():
            return empty
        try:
            answer = call(*args, **kwargs)
        except RedisError as error:
            breaker.note_failure(error)
            return empty
        breaker.note_success()
        return answer

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask(super().get, default, key, default, version)

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._ask(super().get_many, {}, keys, version)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        """True also where it is away: as if it had been empty."""
        return self._ask(super().add, True, key, value, *args, **kwargs)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        self._ask(super().set, None, key, value, *args, **kwargs)

    def delete(self, key: Any, version: int | None = None) -> Any:
        return self._ask(super().delete, False, key, version)


@cache
def _breaker(server: str) -> Breaker:
    """One for the process: Django makes a cache for each thread."""
    return Breaker("cache_away")
