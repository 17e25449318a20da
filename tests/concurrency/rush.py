"""Simultaneous calls: real threads, each with its own database connection."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

from django.db import connections

Action = Callable[[], Any]
TIMEOUT_S = 60
# The suite plays a share of the rounds, `make races` all of them.
_IS_ALL = bool(os.environ.get("ALL_ROUNDS"))

# The most rounds of a control, which ends with the first round that goes wrong. A race is not lost
# in every round, least of all on a busy machine.
CONTROL_ROUNDS = 500


def rounds_of(number: int, *, few: int = 0) -> range:
    """Return the rounds to play: with ALL_ROUNDS all, else the first few, with the same seeds.

    By default, they are a tenth.
    """
    return range(number if _IS_ALL else few or max(1, round(number * 0.1)))


class Rush:
    """Runs actions at the same instant and returns their results and exceptions."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.pool = ThreadPoolExecutor(max_workers=threads)

    def __call__(self, actions: Sequence[Action]) -> list[Any]:
        assert len(actions) <= self.threads
        start = Barrier(len(actions))

        def run(action: Action) -> Any:
            start.wait(TIMEOUT_S)
            try:
                return action()
            except Exception as error:  # noqa: BLE001  (the test judges it)
                return error

        futures = [self.pool.submit(run, action) for action in actions]
        return [future.result(TIMEOUT_S) for future in futures]

    def close(self) -> None:
        """Close the connections of all threads, so that the test database can be dropped."""
        self([connections.close_all] * self.threads)
        self.pool.shutdown()


@contextmanager
def rush_of(threads: int) -> Iterator[Rush]:
    rush = Rush(threads)
    try:
        yield rush
    finally:
        rush.close()


def errors_other_than(outcomes: Sequence[Any], *expected: type[Exception]) -> list[Exception]:
    return [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, expected)]
