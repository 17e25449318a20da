"""Limits counted in Redis, with one script in one round trip, by the clock of Redis."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import caches
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.ratelimit.windows import Limit, Standing, Verdict

# KEYS: the limits' keys; ARGV: quota, window (ms) and hits of each. A key expires with its window.
# Returns 1 or 0 (allowed), then the used hits and ms left of each.
_SCRIPT = """
local used, left, allowed = {}, {}, 1
for i, key in ipairs(KEYS) do
    left[i] = redis.call('PTTL', key)
    used[i] = left[i] > 0 and tonumber(redis.call('GET', key)) or 0
    if used[i] + tonumber(ARGV[3 * i]) > tonumber(ARGV[3 * i - 2]) then allowed = 0 end
end
local answer = {allowed}
for i, key in ipairs(KEYS) do
    if left[i] <= 0 then left[i] = tonumber(ARGV[3 * i - 1]) end
    if allowed == 1 then
        used[i] = used[i] + tonumber(ARGV[3 * i])
        redis.call('SET', key, used[i], 'PX', left[i])
    end
    answer[2 * i], answer[2 * i + 1] = used[i], left[i]
end
return answer
"""
# One key and one argument more, the last: counts only if the key has that value, or returns false.
_SCRIPT_IF = f"""
if redis.call('GET', table.remove(KEYS)) ~= table.remove(ARGV) then return false end
{_SCRIPT}
"""


class RedisStore:
    """Raises RedisError if Redis does not respond within settings.REDIS_TIMEOUT_S."""

    def __init__(self, url: str) -> None:
        self._count, self._count_if = _scripts_at(url)

    def count(self, limits: Sequence[Limit]) -> Verdict:
        return _verdict(limits, self._count(*_arguments(limits)))

    def count_if(self, limits: Sequence[Limit], *, key: str, value: int) -> Verdict | None:
        """Count if the cache has this value; else count nothing and return None."""
        keys, numbers = _arguments(limits)
        answer = self._count_if([*keys, caches["default"].make_key(key)], [*numbers, value])
        return None if answer is None else _verdict(limits, answer)


def _arguments(limits: Sequence[Limit]) -> tuple[list[str], list[int]]:
    """Return the keys and the numbers of a script."""
    numbers = [
        number
        for limit in limits
        for number in (limit.quota, math.ceil(limit.window_s * 1000), limit.hits)
    ]
    return [caches["default"].make_key(limit.key) for limit in limits], numbers


def _verdict(limits: Sequence[Limit], answer: list[int]) -> Verdict:
    allowed, *rest = answer
    pairs = zip(limits, zip(rest[::2], rest[1::2], strict=True), strict=True)
    standings = tuple(Standing(limit, used, ms / 1000) for limit, (used, ms) in pairs)
    return Verdict(bool(allowed), standings)


@cache
def _scripts_at(url: str) -> tuple[Any, Any]:
    client = Redis.from_url(
        url,
        socket_connect_timeout=settings.REDIS_TIMEOUT_S,
        socket_timeout=settings.REDIS_TIMEOUT_S,
        # The default retries for seconds, and a retry could count twice.
        retry=Retry(NoBackoff(), 0),
    )
    return client.register_script(_SCRIPT), client.register_script(_SCRIPT_IF)
