"""What is asked of a store, and what it answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Limit:
    """`quota` hits (1 or more) in `window_s` seconds; `key` says whose, `name` is for the client.

    The keys of limits that are judged together differ.
    """

    name: str
    key: str
    quota: int
    window_s: float


@dataclass(frozen=True)
class Standing:
    """How one limit stands after it was judged."""

    limit: Limit
    used: int
    lapses_in_s: float

    @property
    def left(self) -> int:
        # A quota that was lowered since the window began can be overdrawn.
        return max(0, self.limit.quota - self.used)

    @property
    def resets_in_s(self) -> int:
        """Whole seconds, rounded up: who comes back then is not a moment too early."""
        # A sum of floats can be a hair more than the window.
        return min(math.ceil(self.limit.window_s), max(1, math.ceil(self.lapses_in_s)))


@dataclass(frozen=True)
class Verdict:
    """Counted by all the limits, or refused and counted by none. In the order they were asked."""

    allowed: bool
    standings: tuple[Standing, ...]

    @property
    def retry_after_s(self) -> int:
        """When each limit that is used up will have begun anew; at least a second."""
        return max((each.resets_in_s for each in self.standings if not each.left), default=1)


class Store(Protocol):
    """Where hits are counted."""

    def count(self, limits: Sequence[Limit]) -> Verdict:
        """Count one hit by all of the limits, or by none where one of them is used up.

        One step: of simultaneous hits exactly as many pass as the quota has left.
        """
