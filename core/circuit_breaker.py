"""Not asking again, for a while, what has just failed."""

import threading
import time

import structlog

logger = structlog.get_logger(__name__)

PAUSE_S = 5.0


class Breaker:
    """Stands before something that can freeze, in one process.

    After a failure one caller in `PAUSE_S` seconds is let through to see whether it answers
    again, so that what it costs to find out is paid once and not by every request. An outage
    is logged once, as `event`, and so is its end.
    """

    def __init__(self, event: str) -> None:
        self.event = event
        self._lock = threading.Lock()
        self._ask_again_at: float | None = None

    def lets_through(self) -> bool:
        with self._lock:
            if self._ask_again_at is None:
                return True
            now = time.monotonic()
            if now < self._ask_again_at:
                return False
            self._ask_again_at = now + PAUSE_S
            return True

    def note_failure(self, error: Exception) -> None:
        with self._lock:
            is_new = self._ask_again_at is None
            self._ask_again_at = time.monotonic() + PAUSE_S
        if is_new:
            logger.warning(self.event, error=str(error))

    def note_success(self) -> None:
        if self._ask_again_at is None:
            return
        with self._lock:
            was_out, self._ask_again_at = self._ask_again_at is not None, None
        if was_out:
            logger.info("outage_over", outage=self.event)
