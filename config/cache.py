"""The shared cache, which may be away: then it is an empty one, and says so once."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

_LEFT_ALONE_S = 3.0


class ForgivingRedisCache(RedisCache):
    """Redis, where nothing is ever kept that could not be found elsewhere.

    After a failure it is left alone for three seconds, so that a frozen Redis
    costs one request its timeout and not each. Who must know whether a value
    has arrived reads it back.
    """

    _away_until = 0.0  # of the class: Django makes an instance for each thread

    def _ask(self, call: Callable[..., Any], empty: Any, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() < self._away_until:
            return empty
        try:
            return call(*args, **kwargs)
        except RedisError as error:
            type(self)._away_until = time.monotonic() + _LEFT_ALONE_S
            logger.warning("cache_away", error=str(error))
            return empty

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
