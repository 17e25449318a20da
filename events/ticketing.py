"""Checks of prices by upper apps, such as whether a payment provider can charge them.

An app registers a check in `AppConfig.ready()`.
"""

from collections.abc import Callable, Sequence

# Called with amounts in minor units and their currency; raises RuleBroken to refuse them.
PriceCheck = Callable[[Sequence[int], str], None]

_registered: list[PriceCheck] = []


def register_price_check(check: PriceCheck) -> None:
    _registered.append(check)


def price_checks() -> Sequence[PriceCheck]:
    return tuple(_registered)
