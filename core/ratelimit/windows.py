"""The types that stores take and return."""

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
    """The state of one limit after it was checked."""

    limit: Limit
    used: int
    lapses_in_s: float

    @property
    def left(self) -> int:
        # The quota can have been lowered since the window began.
        return max(0, self.limit.quota - self.used)

    @property
    def resets_in_s(self) -> int:
        """Whole seconds, rounded up, so a client that waits this long is never rejected."""
        # A sum of floats can be slightly more than the window.
        return min(math.ceil(self.limit.window_s), max(1, math.ceil(self.lapses_in_s)))


@dataclass(frozen=True)
class Verdict:
    """Whether all limits counted the hit, or none did; standings are in the order of the limits."""

    allowed: bool
    standings: tuple[Standing, ...]

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until the used-up limits have room again; 1 or more."""
        used_up = (standing for standing in self.standings if standing.left < standing.limit.hits)
        return max((standing.resets_in_s for standing in used_up), default=1)


class Store(Protocol):
    """A place where hits are counted."""

    def count(self, limits: Sequence[Limit]) -> Verdict:
        """Count the hits of all limits, or of none if one of them has too few left.

        Atomic: as many simultaneous hits pass as the quota has left.
        """
