"""A circuit breaker: stop calling a failing service for some seconds."""

import threading
import time

import structlog

logger = structlog.get_logger(__name__)

PAUSE_S = 5.0


class Breaker:
    """Circuit breaker for one service in one process. Thread-safe.

    After a failure it lets one caller through in `PAUSE_S` seconds, so that the cost of a timeout
    is paid once and not by every request. The beginning and the end of an outage are logged once,
    as `event` and `outage_over`.

    pybreaker (1.4) is not used: it holds its lock during the call, so that only one thread at a
    time could call a service.
    """

    def __init__(self, event: str) -> None:
        self.event = event
        self._lock = threading.Lock()
        self._retry_at: float | None = None

    def lets_through(self) -> bool:
        with self._lock:
            if self._retry_at is None:
                return True
            now = time.monotonic()
            if now < self._retry_at:
                return False
            self._retry_at = now + PAUSE_S
            return True

    def note_failure(self, error: Exception) -> None:
        with self._lock:
            is_new = self._retry_at is None
            self._retry_at = time.monotonic() + PAUSE_S
        if is_new:
            logger.warning(self.event, error=str(error))

    def note_success(self) -> None:
        if self._retry_at is None:
            return
        with self._lock:
            was_out, self._retry_at = self._retry_at is not None, None
        if was_out:
            logger.info("outage_over", outage=self.event)
