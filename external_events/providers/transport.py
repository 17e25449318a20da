"""Send requests to a provider: rate, quotas, retries, pauses, outages; no key in any text.

Neither tenacity nor stamina is used. The wait before an attempt is decided by the shared limits
and pauses, and may be repeated; only requests that were sent count as attempts; and all of it ends
at one deadline. A library would replace the `for` loop in `_send`, and nothing else.
"""

import math
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import structlog
from django.core.cache import cache

from core.circuit_breaker import PAUSE_S, Breaker
from core.errors import ProviderUnavailable
from core.http_client import ConnectionPool, HttpResponse, SecretParams, TooLarge, Unreachable
from core.ratelimit import Limit, Standing, count

logger = structlog.get_logger(__name__)

DEADLINE_S = 12.0  # of one call with all attempts; the API promises 15 s for a whole request
ATTEMPTS = 3
MAX_BYTES = 8 * 1024 * 1024
# The longest pause, whatever the provider demands: the API promises to recover within 60 s of it.
LONGEST_PAUSE_S = 50.0
# Pauses without a Retry-After. A burst is over soon; a rejected key stays so until it is replaced.
_PAUSES_S = {429: 3.0, 401: 30.0, 403: 30.0}
_KEY_REJECTED = "The provider rejected the API key of this server. Try again later."
_PAUSE_MESSAGES = {
    429: "The provider limits the rate of requests. Try again later.",
    401: _KEY_REJECTED,
    403: _KEY_REJECTED,
}
_BACKOFF_S = 0.3  # before the second attempt, twice that before the third, plus or minus half
_RETRYABLE = {500, 502, 503, 504}
# Calls wait for the end of shorter pauses. Longer waits would hold up all threads of a server,
# including those for other requests.
_SHORT_PAUSE_S = 3.0
_LEAST_S = 0.5  # no request is sent with less time left
_DAY_S = 86_400


class ProviderRefused(Exception):  # noqa: N818  (it states a fact)
    """The provider responded with another 4xx: the request is invalid, or nothing was found.

    `body` is parsed JSON, or None for an empty body. Danger: its texts are the provider's.
    """

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class LimitUsedUp(Exception):  # noqa: N818  (it states a fact)
    """A limit of the caller is used up; no request was sent."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.limit.name)
        self.standing = standing


@dataclass(frozen=True)
class _Reply:
    status: int
    body: Any = field(repr=False)


@dataclass(frozen=True)
class _Failure:
    """A failed attempt, or with `was_sent` False a request that cannot be sent now."""

    message: str = ProviderUnavailable.message
    retry_after_s: float = PAUSE_S
    reason: str = ""  # for the log
    is_retryable: bool = False
    was_sent: bool = True
    used_up: Standing | None = None  # a limit of the caller


class ProviderTransport:
    """Sends requests to one provider. Thread-safe.

    `pace_s` is the least time between two requests, and `daily_quota` the most requests in a day,
    of all processes that share a Redis. Create one for each process and provider: it keeps
    connections and the state of an outage.
    """

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        pace_s: float | None = None,
        daily_quota: int | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._provider = provider
        self._base_url = base_url
        self._deadline_s = deadline_s
        self._limits: list[Limit] = []
        if pace_s:
            self._limits.append(Limit("pace", f"provider:{provider}:pace", 1, pace_s))
        if daily_quota:
            self._limits.append(Limit("day", f"provider:{provider}:day", daily_quota, _DAY_S))
        self._pause_key = f"provider:{provider}:paused_until"
        self._paused_until = 0.0  # Unix time
        self._breaker = Breaker(f"{provider}_away")
        self._connections = ConnectionPool()

    def get_json(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        secret: SecretParams,
        limits: Sequence[Limit] = (),
        deadline_s: float | None = None,
    ) -> Any:
        """Return the parsed JSON of a 200, within the shorter of both deadlines.

        Each request counts against `limits`, in one step with the pace and the daily quota: a
        refused request counts against none of them, and an outage neither. Raises
        ProviderUnavailable if there is no usable response (an outage, a redirect, invalid or too
        large JSON, a rejected key or rate, a used-up quota), LimitUsedUp and ProviderRefused.
        """
        if (pause_s := self._pause_left_s()) > _SHORT_PAUSE_S:
            raise ProviderUnavailable(retry_after_s=_round_up(pause_s))
        if not self._breaker.lets_through():
            raise ProviderUnavailable(retry_after_s=_round_up(PAUSE_S))
        deadline_s = min(self._deadline_s, math.inf if deadline_s is None else deadline_s)
        result = self._send(path, params, secret, limits, time.monotonic() + deadline_s)
        if isinstance(result, _Failure):
            if result.used_up is not None:
                raise LimitUsedUp(result.used_up)
            retry_after_s = _round_up(result.retry_after_s)
            error = ProviderUnavailable(result.message, retry_after_s=retry_after_s)
            if result.was_sent:
                self._breaker.note_failure(error)
            raise error
        self._breaker.note_success()
        if result.status != 200:
            raise ProviderRefused(result.status, result.body)
        return result.body

    def _send(
        self,
        path: str,
        params: Mapping[str, str],
        secret: SecretParams,
        limits: Sequence[Limit],
        until: float,
    ) -> _Reply | _Failure:
        failure: _Failure | None = None
        for attempt in range(ATTEMPTS):
            backoff_s = random.uniform(0.5, 1.5) * _BACKOFF_S * attempt
            refusal = self._wait_for_slot(until, backoff_s, limits)
            if refusal is not None:
                return failure or refusal
            result = self._attempt(path, params, secret, until)
            if isinstance(result, _Reply):
                return result
            failure = result
            logger.info("provider_call_failed", provider=self._provider, reason=failure.reason)
            if not failure.is_retryable:
                break
        assert failure is not None
        return failure

    def _wait_for_slot(
        self, until: float, wait_s: float, limits: Sequence[Limit]
    ) -> _Failure | None:
        """Wait until a request is counted; return a failure if that would be too late."""
        refusal: _Failure | None = _Failure(retry_after_s=wait_s, was_sent=False)
        while refusal and time.monotonic() + refusal.retry_after_s < until - _LEAST_S:
            if refusal.used_up is not None:
                break  # waiting helps for the pace only
            if refusal.retry_after_s:
                # A little later than stated, and not all callers at once.
                time.sleep(refusal.retry_after_s + random.uniform(0.001, 0.02))
            refusal = self._count(limits)
        return refusal

    def _count(self, limits: Sequence[Limit]) -> _Failure | None:
        """Count a request; return None, or the reason why it must wait and for how long."""
        if (pause_s := self._pause_left_s()) > 0:
            return _Failure(retry_after_s=pause_s, was_sent=False)
        if not (self._limits or limits):
            return None
        verdict = count([*self._limits, *limits])
        if verdict.allowed:
            return None
        full = [standing for standing in verdict.standings if not standing.left]
        wait_s = max((standing.lapses_in_s for standing in full), default=0.0)
        is_day = any(standing.limit.window_s == _DAY_S for standing in full)
        return _Failure(
            "The daily quota of this provider is used up." if is_day else _Failure.message,
            max(0.01, wait_s),
            was_sent=False,
            used_up=next((standing for standing in full if standing.limit in limits), None),
        )

    def _attempt(
        self, path: str, params: Mapping[str, str], secret: SecretParams, until: float
    ) -> _Reply | _Failure:
        try:
            response = self._connections.get(
                self._base_url + path,
                params,
                secret=secret,
                deadline_s=until - time.monotonic(),
                max_bytes=MAX_BYTES,
            )
        except Unreachable as error:
            return _Failure(reason=str(error), is_retryable=not isinstance(error, TooLarge))
        status = response.status
        if status in _PAUSES_S:
            return self._pause(response)
        if status == 200 or 400 <= status < 500:
            return _parse(response, secret)
        return _Failure(reason=f"status {status}", is_retryable=status in _RETRYABLE)

    def _pause(self, response: HttpResponse) -> _Failure:
        """Stop the requests of all processes for a while."""
        wait_s = _retry_after_s(response.headers)
        pause_s = min(_PAUSES_S[response.status] if wait_s is None else wait_s, LONGEST_PAUSE_S)
        self._paused_until = time.time() + pause_s
        cache.set(self._pause_key, self._paused_until, timeout=LONGEST_PAUSE_S)
        return _Failure(
            _PAUSE_MESSAGES[response.status],
            pause_s,
            reason=f"status {response.status}",
            is_retryable=response.status == 429,
        )

    def _pause_left_s(self) -> float:
        # The cache may be away, and the clocks of two hosts may differ.
        paused_until: float = max(cache.get(self._pause_key, 0.0), self._paused_until)
        return max(0.0, min(paused_until - time.time(), LONGEST_PAUSE_S))


def _parse(response: HttpResponse, secret: SecretParams) -> _Reply | _Failure:
    data = response.body
    if response.status != 200:
        data = secret.redact(data)
        if not data.strip():
            return _Reply(response.status, None)
    try:
        return _Reply(response.status, orjson.loads(data))
    except orjson.JSONDecodeError:
        return _Failure(reason=f"status {response.status} without JSON")


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the pause that the provider demands; None if there is none or it is unclear.

    Source: RFC 9110, 10.2.3; Rate-Limit-Reset is Ticketmaster's, in milliseconds since 1970.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    if text:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        return max(0.0, at.replace(tzinfo=at.tzinfo or UTC).timestamp() - time.time())
    reset = headers.get("Rate-Limit-Reset", "").strip()
    if re.fullmatch(r"[0-9]{1,15}", reset):
        return max(0.0, int(reset) / 1000 - time.time())
    return None


def _round_up(seconds: float) -> int:
    return max(1, math.ceil(seconds))
