"""Limits counted in this process alone."""

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
    """Of bounded size. Danger: beyond `max_windows` live ones the oldest are forgotten."""

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
        """The limit's window, or a new one that is kept only once it counts."""
        window = self._windows.get(limit.key)
        if window is not None and window.lapses_at > now:
            return window
        self._windows.pop(limit.key, None)  # a new window goes to the end: the oldest come first
        return _Window(0, now + limit.window_s)

    def _sweep(self, now: float, *, room_for: int) -> None:
        live = {key: window for key, window in self._windows.items() if window.lapses_at > now}
        if len(live) + room_for > self.max_windows:
            # A tenth at once: a full store must not be copied for every hit.
            newest = list(live.items())[self.max_windows // 10 + room_for :]
            live = dict(newest)
        self._windows = live
        self._sweep_at = now + _SWEEP_EVERY_S
