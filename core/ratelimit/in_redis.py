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


class RedisStore:
    """Raises RedisError if Redis does not respond within settings.REDIS_TIMEOUT_S."""

    def __init__(self, url: str) -> None:
        self._script = _script_at(url)

    def count(self, limits: Sequence[Limit]) -> Verdict:
        keys = [caches["default"].make_key(limit.key) for limit in limits]
        numbers = [
            number
            for limit in limits
            for number in (limit.quota, math.ceil(limit.window_s * 1000), limit.hits)
        ]
        allowed, *answer = self._script(keys=keys, args=numbers)
        pairs = zip(limits, zip(answer[::2], answer[1::2], strict=True), strict=True)
        standings = tuple(Standing(limit, used, ms / 1000) for limit, (used, ms) in pairs)
        return Verdict(bool(allowed), standings)


@cache
def _script_at(url: str) -> Any:
    client = Redis.from_url(
        url,
        socket_connect_timeout=settings.REDIS_TIMEOUT_S,
        socket_timeout=settings.REDIS_TIMEOUT_S,
        # The default retries for seconds, and a retry could count twice.
        retry=Retry(NoBackoff(), 0),
    )
    return client.register_script(_SCRIPT)
