"""What providers send, read without trust: none of these readers raises, whatever JSON holds.

A value that is not what it should be is empty or None, as if it had not been sent.
"""

import math
import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

import nh3
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from core.api.fields import fine_degrees
from core.validators import is_visible
from external_events.providers.base import Found
from external_events.records import ExternalEvent

LONGEST_TITLE = 200
LONGEST_LOCATION = 300
LONGEST_DESCRIPTION = 20_000
LONGEST_CATEGORY = 100
LONGEST_URL = 2_000

# Twice a description: what stands behind that would be cut off anyway.
_LONGEST_HTML = 40_000
_LINE_ENDS_AT = re.compile(
    r"<\s*(?:br|hr|/?(?:p|div|li|ul|ol|dl|dt|dd|tr|table|h[1-6]|blockquote|section|article))\b"
    r"[^<>]*>",
    re.IGNORECASE,
)
# All but those that part words and lines: NUL, what makes text read backwards, halves of pairs.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,30})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")
_is_url = URLValidator(schemes=["http", "https"])


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def within(value: Any, *names: str) -> Any:
    """What stands under these names, one in the other; None where one is not there."""
    for name in names:
        value = mapping(value).get(name)
    return value


def mappings(value: Any) -> list[dict[str, Any]]:
    """Those entries of a list that are mappings."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


# -- Texts ----------------------------------------------------------------------------------------


def line(value: Any, *, longest: int = LONGEST_TITLE) -> str:
    """Plain text on one line, which shows something; or empty."""
    return cut(" ".join(_lines(value)), longest)


def paragraphs(value: Any, *, longest: int = LONGEST_DESCRIPTION) -> str:
    """Plain text with its line breaks, and those that HTML makes."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(_lines(value))).strip()
    return cut(text, longest)


def _lines(value: Any) -> list[str]:
    text = _plain(value) if isinstance(value, str) else ""
    return [" ".join(each.split()) for each in text.splitlines()]


def _plain(html: str) -> str:
    """Without tags, and without what they hide: scripts and styles."""
    text = _UNSEEN.sub("", html[:_LONGEST_HTML])
    for _ in range(3):  # what was escaped twice is HTML again after the first time
        before = text
        text = unescape(nh3.clean(_LINE_ENDS_AT.sub("\n", text), tags=set()))
        if text == before:
            break
    return _UNSEEN.sub("", text)


def cut(text: str, longest: int) -> str:
    """Plain text at most so long; empty where it shows nothing."""
    if not is_visible(text):
        return ""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def without_repeats(texts: Iterable[str]) -> list[str]:
    """Neither empty ones nor the same twice, whatever its case."""
    seen: dict[str, str] = {}
    for text in texts:
        if text:
            seen.setdefault(text.casefold(), text)
    return list(seen.values())


def place_name(*parts: Any) -> str:
    """From the narrowest on, such as the venue, its street and its city."""
    return cut(", ".join(without_repeats(line(each) for each in parts)), LONGEST_LOCATION)


# No part of a URL (RFC 3986), and of use to whoever wants to break out of a link.
_UNSAFE_IN_URL = re.compile(r"""["'<>\\^`{|}]""")


def url(value: Any) -> str:
    """An http or https address with a host and nobody's password; or empty."""
    text = value.strip() if isinstance(value, str) else ""
    # Not every page escapes what it links to.
    text = _UNSAFE_IN_URL.sub(lambda found: quote(found[0]), text)
    if len(text) > LONGEST_URL or _UNSEEN.search(text):
        return ""
    try:
        _is_url(text)
        return "" if "@" in urlsplit(text).netloc else text
    except (ValidationError, ValueError):
        return ""


# -- Numbers --------------------------------------------------------------------------------------


def number(value: Any) -> Decimal | None:
    """Also one that was sent as text; no NaN, nothing endless."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return None


def whole_number(value: Any) -> int | None:
    """From 0 on, and what 64 bits hold."""
    found = number(value)
    if found is None or not 0 <= found < 10**18 or found != int(found):
        return None
    return int(found)


def coordinates(latitude: Any, longitude: Any) -> tuple[float, float] | tuple[None, None]:
    """Both, or none."""
    north, east = number(latitude), number(longitude)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None, None
    if not north and not east:
        return None, None  # in the Atlantic: nothing is there, but many a field left empty
    return fine_degrees(float(north)), fine_degrees(float(east))


def price(value: Any) -> Decimal | None:
    """Below 100 million, to the cent."""
    found = number(value)
    if found is None or not 0 <= found < 100_000_000:
        return None
    rounded = abs(found.quantize(Decimal("0.01"), ROUND_HALF_UP))  # abs: there is a -0.00
    return rounded if rounded < 100_000_000 else None


def prices(lowest: Any, highest: Any) -> tuple[Decimal | None, Decimal | None]:
    """In their order, also where the provider mixed them up: both are known all the same."""
    low, high = price(lowest), price(highest)
    if low is not None and high is not None and low > high:
        return high, low
    return low, high


def currency(value: Any) -> str:
    """ISO 4217."""
    text = value.strip().upper() if isinstance(value, str) else ""
    return text if _CURRENCY.fullmatch(text) else ""


# -- Pages ----------------------------------------------------------------------------------------


def page(
    entries: list[Any], read: Callable[[Any], ExternalEvent | None], *, told: Any, before: int
) -> Found:
    """A page of entries, `before` of which come others. A total that cannot be read, or is less
    than what is seen, is what is seen."""
    records = tuple(record for record in map(read, entries) if record is not None)
    total = max(whole_number(told) or 0, before + len(entries) if entries else 0)
    return Found(total=total, records=records, unreadable=len(entries) - len(records))
