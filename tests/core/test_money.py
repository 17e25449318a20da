"""Amounts in minor units, and their texts."""

import pytest

from core import money

pytestmark = pytest.mark.embedded

UNKNOWN = pytest.mark.parametrize(
    "currency",
    ["", "XXQ", "XXX", "CLF"],
    ids=["none", "no_currency", "no_money", "four_places"],
)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        pytest.param(1250, "EUR", "12.50", id="two_places"),
        pytest.param(500, "JPY", "500", id="no_places"),
        pytest.param(1250, "KWD", "1.250", id="three_places"),
        pytest.param(0, "EUR", "0.00", id="nothing"),
        pytest.param(-5, "EUR", "-0.05", id="negative"),
    ],
)
def test_text_has_the_places_of_the_currency(minor: int, currency: str, text: str) -> None:
    assert money.to_text(minor, currency) == text
    assert money.to_minor(text, currency) == minor


@UNKNOWN
def test_prices_need_a_known_currency(currency: str) -> None:
    with pytest.raises(ValueError, match=r"can't be used|not a valid"):
        money.places(currency)


@UNKNOWN
def test_amounts_in_other_currencies_can_be_shown(currency: str) -> None:
    assert money.to_text(1250, currency) == "12.50"
