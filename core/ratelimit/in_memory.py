"""Limits counted in this process."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from core.ratelimit.windows import Limit, Standing, Verdict

MAX_WINDOWS = 50_000  # about 10 MB
_SWEEP_EVERY_S = 60.0


@dataclass(slots=True)
class _Window:
    used: int
    lapses_at: float


class MemoryStore:
    """Hold at most `max_windows` windows. Beyond that the oldest are dropped, used up or not."""

    def __init__(self, max_windows: int = MAX_WINDOWS) -> None:
        self.max_windows = max_windows
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()
        self._sweep_at = 0.0

    def count(self, limits: Sequence[Limit]) -> Verdict:
        with self._lock:
            now = time.monotonic()
            if now >= self._sweep_at or len(self._windows) + len(limits) > self.max_windows:
                self._sweep(now, room_for=len(limits))
            windows = [self._window(limit, now) for limit in limits]
            pairs = list(zip(limits, windows, strict=True))
            allowed = all(window.used + limit.hits <= limit.quota for limit, window in pairs)
            if allowed:
                for limit, window in pairs:
                    window.used += limit.hits
                    self._windows[limit.key] = window
            return Verdict(
                allowed, tuple(Standing(li, win.used, win.lapses_at - now) for li, win in pairs)
            )

    def clear(self) -> None:
        with self._lock:
            self._windows.clear()

    def __len__(self) -> int:
        return len(self._windows)

    def _window(self, limit: Limit, now: float) -> _Window:
        """Return the window of the limit, or a new one, which is stored when it counts."""
        window = self._windows.get(limit.key)
        if window is not None and window.lapses_at > now:
            return window
        self._windows.pop(limit.key, None)  # so that a new one goes to the end, behind older ones
        return _Window(0, now + limit.window_s)

    def _sweep(self, now: float, *, room_for: int) -> None:
        live = {key: window for key, window in self._windows.items() if window.lapses_at > now}
        if len(live) + room_for > self.max_windows:
            # A tenth at once, so that a full store is not copied for every hit.
            newest = list(live.items())[self.max_windows // 10 + room_for :]
            live = dict(newest)
        self._windows = live
        self._sweep_at = now + _SWEEP_EVERY_S
