"""Amounts of money: integers in the minor unit of an ISO 4217 currency, never floats.

A price of 12.50 EUR is 1250, one of 500 JPY is 500, and one of 1.250 KWD is 1250.
"""

from decimal import Decimal, InvalidOperation
from functools import cache

from iso4217 import Currency

MOST_AMOUNT = 99_999_999  # in minor units: Stripe's maximum for most currencies
# The other currencies with more than two places can be charged by no provider.
THREE_PLACES = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Amounts that a provider can charge are multiples of these, in minor units. Stripe: the third place
# is 0, and MGA is whole. PayPal: HUF and TWD are whole.
_STEPS = {**dict.fromkeys(THREE_PLACES, 10), "HUF": 100, "MGA": 100, "TWD": 100}


@cache
def places(currency: str) -> int:
    """Return the number of decimal places of a currency. Raises ValueError for unknown ones."""
    exponent = Currency(currency).exponent
    if exponent is None or (exponent > 2 and currency not in THREE_PLACES):
        raise ValueError(f"{currency} can't be used for prices.")
    return exponent


def step(currency: str) -> int:
    """Return the amount, in minor units, whose multiples every provider can charge: 10 for KWD."""
    return _STEPS.get(currency, 1)


def places_or_two(currency: str) -> int:
    """Return the number of decimal places, also of a currency that no price can have.

    Providers can report any code, for which two places are the usual number.
    """
    try:
        return places(currency)
    except ValueError:
        return 2


def to_minor(amount: str | Decimal, currency: str) -> int:
    """Return an amount such as "12.50" in minor units.

    Raises ValueError if the currency can't have the amount, or it is no amount at all.
    """
    try:
        minor = Decimal(amount).scaleb(places(currency))
    except InvalidOperation as error:
        raise ValueError("Send an amount such as 12.50.") from error
    if not minor.is_finite() or minor != minor.to_integral_value():
        raise ValueError(f"Amounts in {currency} have {_decimals(currency)}.")
    return int(minor)


def to_text(minor: int, currency: str) -> str:
    """Return an amount in the currency's own places, such as "12.50". The currency can be any."""
    return f"{Decimal(minor).scaleb(-places_or_two(currency)):f}"


def _decimals(currency: str) -> str:
    return f"at most {places(currency)} decimal places" if places(currency) else "no decimal places"
