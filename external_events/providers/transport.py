"""How a provider is asked: at its pace, within our patience, and without its key in any text."""

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

DEADLINE_S = 12.0  # of one call with all its attempts; clients are promised 15 for all of theirs
ATTEMPTS = 3
MAX_BYTES = 8 * 1024 * 1024
# However long a provider tells us to wait: within 60 s of its recovery we have to ask again.
LONGEST_PAUSE_S = 50.0
# Where it does not tell. A burst of requests is forgiven soon; a key that is refused stays so
# until somebody looks at it.
_PAUSES_S = {429: 3.0, 401: 30.0, 403: 30.0}
_PAUSE_MESSAGES = {
    429: "The provider wants to be asked less often; try again later.",
    401: "The provider refuses our key.",
    403: "The provider refuses our key.",
}
_BACKOFF_S = 0.3  # before the second attempt, and twice that before the third, give or take half
_WORTH_RETRYING = {500, 502, 503, 504}
# Who comes during a pause waits for the end of a short one. Waiting for more would hold up all
# threads of a server, and what they serve beside.
_SHORT_S = 3.0
_LEAST_S = 0.5  # with less time left a request is not begun
_DAY_S = 86_400
_NOT_NOW = ProviderUnavailable.message


class Refused(Exception):  # noqa: N818  (it states a fact)
    """The provider answered another 4xx: what we asked for is wrong, or is not there.

    `body` is parsed JSON, or None where the answer was empty. Danger: its texts are theirs.
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
    message: str
    retry_after_s: float = PAUSE_S
    reason: str = ""  # for the log
    may_pass: bool = False  # it is worth another attempt
    was_asked: bool = True
    used_up: Standing | None = None  # a limit of the caller's


class Transport:
    """The way to one provider; safe to use by many threads.

    `pace_s` is the least time between two requests, and `daily_quota` how many there may be in a
    day: of all processes together, as far as they share a Redis. Danger: make one for a process
    and keep it, as it keeps connections, and knows of an outage.
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
        self._paused_key = f"provider:{provider}:paused_until"
        self._paused_until = 0.0  # seconds since 1970
        self._breaker = Breaker(f"{provider}_away")
        self._lines = ConnectionPool()

    def get_json(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        secret: Mapping[str, str],
        limits: Sequence[Limit] = (),
        deadline_s: float | None = None,
    ) -> Any:
        """Return the parsed JSON of a 200, within the deadline, or `deadline_s` if that is sooner.

        `secret` joins the query and appears nowhere else, the locals of tracebacks included.

        Each request counts against `limits`, too, in one step with the pace and the day's quota: a
        refused request counts against none of them, and neither does an outage. Raises
        ProviderUnavailable if there is no usable response: an outage, a redirect, invalid or too
        large JSON, a refusal of our key or our pace, a used-up quota; LimitUsedUp; and Refused.
        """
        hidden = SecretParams(secret)
        del secret
        if (pause_s := self._pause_left_s()) > _SHORT_S:
            raise ProviderUnavailable(retry_after_s=_whole(pause_s))
        if not self._breaker.lets_through():
            raise ProviderUnavailable(retry_after_s=_whole(PAUSE_S))
        until = time.monotonic() + min(
            self._deadline_s, math.inf if deadline_s is None else deadline_s
        )
        result = self._result(path, params, hidden, limits, until)
        if isinstance(result, _Failure):
            if result.used_up is not None:
                raise LimitUsedUp(result.used_up)
            error = ProviderUnavailable(result.message, retry_after_s=_whole(result.retry_after_s))
            if result.was_asked:
                self._breaker.note_failure(error)
            raise error
        self._breaker.note_success()
        if result.status != 200:
            raise Refused(result.status, result.body)
        return result.body

    def _result(
        self,
        path: str,
        params: Mapping[str, str],
        secret: SecretParams,
        limits: Sequence[Limit],
        until: float,
    ) -> _Reply | _Failure:
        failure: _Failure | None = None
        for attempt in range(ATTEMPTS):
            pause_s = random.uniform(0.5, 1.5) * _BACKOFF_S * attempt
            refusal = self._wait_for_turn(until, pause_s, limits)
            if refusal is not None:
                return failure or refusal
            result = self._attempt(path, params, secret, until)
            if isinstance(result, _Reply):
                return result
            failure = result
            logger.info("provider_call_failed", provider=self._provider, reason=failure.reason)
            if not failure.may_pass:
                break
        assert failure is not None
        return failure

    def _wait_for_turn(
        self, until: float, pause_s: float, limits: Sequence[Limit]
    ) -> _Failure | None:
        """None once it has come, and is counted; a failure where it would come too late."""
        refusal: _Failure | None = _Failure(_NOT_NOW, pause_s, was_asked=False)
        while refusal and time.monotonic() + refusal.retry_after_s < until - _LEAST_S:
            if refusal.used_up is not None:
                break  # not the provider's pace, for which waiting helps
            if refusal.retry_after_s:
                # A little later than told, and not all at once.
                time.sleep(refusal.retry_after_s + random.uniform(0.001, 0.02))
            refusal = self._turn(limits)
        return refusal

    def _turn(self, limits: Sequence[Limit]) -> _Failure | None:
        """Return None if a request can be sent now; otherwise the reason and how long to wait."""
        if (pause_s := self._pause_left_s()) > 0:
            return _Failure(_NOT_NOW, pause_s, was_asked=False)
        if not (self._limits or limits):
            return None
        verdict = count([*self._limits, *limits])
        if verdict.allowed:
            return None
        used_up = [each for each in verdict.standings if not each.left]
        wait_s = max((each.lapses_in_s for each in used_up), default=0.0)
        is_day = any(each.limit.window_s == _DAY_S for each in used_up)
        message = "Today's requests to the provider are used up." if is_day else _NOT_NOW
        return _Failure(
            message,
            max(0.01, wait_s),
            was_asked=False,
            used_up=next((each for each in used_up if each.limit in limits), None),
        )

    def _attempt(
        self, path: str, params: Mapping[str, str], secret: SecretParams, until: float
    ) -> _Reply | _Failure:
        try:
            answer = self._lines.get(
                self._base_url + path,
                params,
                secret=secret,
                deadline_s=until - time.monotonic(),
                max_bytes=MAX_BYTES,
            )
        except TooLarge as error:
            return _Failure(_NOT_NOW, reason=str(error))
        except Unreachable as error:
            return _Failure(_NOT_NOW, reason=str(error), may_pass=True)
        if answer.status in _PAUSES_S:
            return self._paused(answer)
        if answer.status == 200 or 400 <= answer.status < 500:
            return _read(answer, secret)
        may_pass = answer.status in _WORTH_RETRYING
        return _Failure(_NOT_NOW, reason=f"status {answer.status}", may_pass=may_pass)

    def _paused(self, answer: HttpResponse) -> _Failure:
        """Nobody asks for a while, in whatever process."""
        told_s = _told_s(answer.headers)
        pause_s = min(_PAUSES_S[answer.status] if told_s is None else told_s, LONGEST_PAUSE_S)
        self._paused_until = time.time() + pause_s
        cache.set(self._paused_key, self._paused_until, timeout=LONGEST_PAUSE_S)
        return _Failure(
            _PAUSE_MESSAGES[answer.status],
            pause_s,
            reason=f"status {answer.status}",
            may_pass=answer.status == 429,
        )

    def _pause_left_s(self) -> float:
        # The cache may be away, and the clocks of two hosts may differ.
        paused_until: float = max(cache.get(self._paused_key, 0.0), self._paused_until)
        return max(0.0, min(paused_until - time.time(), LONGEST_PAUSE_S))


def _read(answer: HttpResponse, secret: SecretParams) -> _Reply | _Failure:
    if answer.status == 200:
        data = answer.body
    else:
        data = secret.redact(answer.body)
        if not data.strip():
            return _Reply(answer.status, None)
    try:
        return _Reply(answer.status, orjson.loads(data))
    except orjson.JSONDecodeError:
        return _Failure(_NOT_NOW, reason=f"status {answer.status} without JSON")


def _told_s(headers: Mapping[str, str]) -> float | None:
    """For how long the provider wants to be left alone; None where it says nothing that is clear.

    Source: RFC 9110, 10.2.3; Rate-Limit-Reset is Ticketmaster's, in milliseconds since 1970.
    """
    told = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", told):
        return float(told)
    if told:
        try:
            at = parsedate_to_datetime(told)
        except (ValueError, OverflowError):
            return None
        return max(0.0, at.replace(tzinfo=at.tzinfo or UTC).timestamp() - time.time())
    reset = headers.get("Rate-Limit-Reset", "").strip()
    if re.fullmatch(r"[0-9]{1,15}", reset):
        return max(0.0, int(reset) / 1000 - time.time())
    return None


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))
