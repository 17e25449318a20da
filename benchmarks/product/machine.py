"""The machine: its name, its load, the CPU time of processes, and a loop to calibrate it."""

import os
import platform
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

_SPIN_STEPS = 200_000
_METERED_EVERY_S = 0.2


def describe() -> dict[str, str | float | int]:
    """Return what the numbers depend on."""
    names = (
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    return {
        "cpu": next(names, platform.machine()),
        "cores": os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def spin() -> float:
    """Return the CPU milliseconds of a fixed loop in Python.

    On an idle machine they are always the same. Programs on the same cores make them longer, as
    they do with the requests that are measured next to it.
    """
    began = time.thread_time()
    number = 0
    for step in range(_SPIN_STEPS):
        number ^= step
    return (time.thread_time() - began) * 1000


def cpu_ms(pids: Iterable[int]) -> dict[int, float]:
    """Return the CPU milliseconds of each process so far, all its threads included."""
    spent: dict[int, float] = {}
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                nanoseconds = int(thread.read_text().split()[0])
            except OSError:  # the thread has ended
                continue
            spent[pid] = spent.get(pid, 0.0) + nanoseconds / 1e6
    return spent


def since(before: dict[int, float], pids: Iterable[int]) -> float:
    """Return the CPU milliseconds of processes since `before`, new processes included."""
    return sum(ms - before.get(pid, 0.0) for pid, ms in cpu_ms(pids).items())


class Meter:
    """Adds up the CPU milliseconds of processes in its block, also of those that end in it."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self.ms = 0.0
        self._pids = pids
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        before = cpu_ms(self._pids())
        while not self._ended.wait(_METERED_EVERY_S):
            before = self._add(before)
        self._add(before)

    def _add(self, before: dict[int, float]) -> dict[int, float]:
        now = cpu_ms(self._pids())
        self.ms += sum(ms - before.get(pid, 0.0) for pid, ms in now.items())
        return now


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
