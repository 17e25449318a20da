"""What is asked of a store, and what it answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Limit:
    """`quota` hits (1 or more) in `window_s` seconds; `key` identifies the count.

    `name` is shown to the client. `hits` (1 or more) are counted at once, all of them or none.
    Limits that are checked together must have different keys.
    """

    name: str
    key: str
    quota: int
    window_s: float
    hits: int = 1


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
        """Whole seconds until the used-up limits have room again; 1 or more."""
        short = (each for each in self.standings if each.left < each.limit.hits)
        return max((each.resets_in_s for each in short), default=1)


class Store(Protocol):
    """Where hits are counted."""

    def count(self, limits: Sequence[Limit]) -> Verdict:
        """Count the hits of all limits, or of none if one of them has too few left.

        Atomic: of simultaneous hits exactly as many pass as the quota has left.
        """
