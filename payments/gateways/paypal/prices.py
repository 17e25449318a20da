"""PayPal's prices: decimal texts, in the currencies that it supports."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core import money
from payments.gateways.base import Item

_WHOLE = {"HUF", "JPY", "TWD"}
CURRENCIES = _WHOLE | {
    *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "ILS", "MXN", "MYR"),
    *("NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "USD"),
}
_MOST_NAME = 127


def line(item: Item, currency: str) -> dict[str, Any]:
    """Return a line item; one whose discount can't be divided by its quantity counts as one."""
    name, quantity = item.name, item.quantity
    unit = 10 ** money.places(currency) if currency in _WHOLE else 1
    if item.amount % (quantity * unit):
        name, quantity = f"{quantity} × {name}", 1
    amount = price(item.amount // quantity, currency)
    return {"name": name[:_MOST_NAME], "quantity": str(quantity), "unit_amount": amount}


def price(amount: int, currency: str) -> dict[str, str]:
    return {"currency_code": currency, "value": _value(amount, currency)}


def _value(amount: int, currency: str) -> str:
    """Return an amount such as "12.50". Raises ValueError for parts of PayPal's unit."""
    text = money.to_text(amount, currency)
    if currency not in _WHOLE:
        return text
    whole, _, rest = text.partition(".")
    if rest.strip("0"):
        raise ValueError(f"Prices in {currency} must be whole.")
    return whole


def minor(amount: Mapping[str, str]) -> int:
    """Return what PayPal reports, in minor units. The currency can be any."""
    return int(Decimal(amount["value"]).scaleb(money.places_or_two(amount["currency_code"])))
