"""Parse untrusted values of providers. No function raises, whatever the JSON contains.

An invalid value becomes empty or None, as if it was not sent.
"""

import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

import nh3
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from core.api.fields import fine_degrees
from core.validators import is_visible
from external_events.records import Status

LONGEST_TITLE = 200
LONGEST_LOCATION = 300
LONGEST_DESCRIPTION = 20_000
LONGEST_CATEGORY = 100
LONGEST_URL = 2_000

_LONGEST_HTML = 40_000  # twice a description: the rest would be cut off in any case
_LINE_BREAK = re.compile(
    r"<\s*(?:br|hr|/?(?:p|div|li|ul|ol|dl|dt|dd|tr|table|h[1-6]|blockquote|section|article))\b"
    r"[^<>]*>",
    re.IGNORECASE,
)
# Control characters except white space, bidirectional overrides, and lone surrogates.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,30})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")
_validate_url = URLValidator(schemes=["http", "https"])


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def dig(value: Any, *names: str) -> Any:
    """Return the value under nested names, or None."""
    for name in names:
        value = as_dict(value).get(name)
    return value


def dicts(value: Any) -> list[dict[str, Any]]:
    """Return the entries of a list that are dicts."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def status(value: Any) -> Status:
    code = one_line(value).lower().replace("canceled", "cancelled")
    return next((status for status in Status if status.value == code), Status.SCHEDULED)


# -- Texts ----------------------------------------------------------------------------------------


def one_line(value: Any, *, longest: int = LONGEST_TITLE) -> str:
    """Return visible plain text on one line, or ""."""
    return truncate(" ".join(_lines(value)), longest)


def paragraphs(value: Any, *, longest: int = LONGEST_DESCRIPTION) -> str:
    """Return plain text with its line breaks, also those made by HTML tags."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(_lines(value))).strip()
    return truncate(text, longest)


def _lines(value: Any) -> list[str]:
    text = _strip_html(value) if isinstance(value, str) else ""
    return [" ".join(line.split()) for line in text.splitlines()]


def _strip_html(html: str) -> str:
    """Remove tags, and the content of scripts and styles."""
    text = _INVISIBLE.sub("", html[:_LONGEST_HTML])
    for _ in range(3):  # text that was escaped twice is HTML again after the first time
        before = text
        text = unescape(nh3.clean(_LINE_BREAK.sub("\n", text), tags=set()))
        if text == before:
            break
    return _INVISIBLE.sub("", text)


def truncate(text: str, longest: int) -> str:
    """Return at most `longest` characters; "" if none of them is visible."""
    if not is_visible(text):
        return ""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def unique(texts: Iterable[str]) -> list[str]:
    """Remove empty texts and repetitions, ignoring case."""
    seen: dict[str, str] = {}
    for text in texts:
        if text:
            seen.setdefault(text.casefold(), text)
    return list(seen.values())


def place_name(*parts: Any) -> str:
    """Join the parts of a place, the narrowest first: venue, street, city."""
    return truncate(", ".join(unique(one_line(part) for part in parts)), LONGEST_LOCATION)


# Not allowed in a URL (RFC 3986), and useful to break out of a link in HTML.
_UNSAFE_IN_URL = re.compile(r"""["'<>\\^`{|}]""")


def url(value: Any) -> str:
    """Return an http or https URL with a host and without a password, or ""."""
    text = value.strip() if isinstance(value, str) else ""
    # Not every provider escapes its URLs.
    text = _UNSAFE_IN_URL.sub(lambda found: quote(found[0]), text)
    if len(text) > LONGEST_URL or _INVISIBLE.search(text):
        return ""
    try:
        _validate_url(text)
        return "" if "@" in urlsplit(text).netloc else text
    except (ValidationError, ValueError):
        return ""


# -- Numbers --------------------------------------------------------------------------------------


def number(value: Any) -> Decimal | None:
    """Return a finite number, also if it was sent as text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return None


def whole_number(value: Any) -> int | None:
    """Return a number from 0 to 10**18 - 1, which fits in 64 bits."""
    found = number(value)
    if found is None or not 0 <= found < 10**18 or found != int(found):
        return None
    return int(found)


def coordinates(latitude: Any, longitude: Any) -> tuple[float, float] | tuple[None, None]:
    north, east = number(latitude), number(longitude)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None, None
    if not north and not east:
        return None, None  # a point in the Atlantic: the fields were left empty
    return fine_degrees(float(north)), fine_degrees(float(east))


def price(value: Any) -> Decimal | None:
    """Return a price below 100 million, rounded to cents."""
    found = number(value)
    if found is None or not 0 <= found < 100_000_000:
        return None
    rounded = abs(found.quantize(Decimal("0.01"), ROUND_HALF_UP))  # abs: -0.00 exists
    return rounded if rounded < 100_000_000 else None


def prices(lowest: Any, highest: Any) -> tuple[Decimal | None, Decimal | None]:
    """Return the lowest and the highest price; swapped values are put in order."""
    low, high = price(lowest), price(highest)
    if low is not None and high is not None and low > high:
        return high, low
    return low, high


def currency(value: Any) -> str:
    """Return an ISO 4217 code, or ""."""
    text = value.strip().upper() if isinstance(value, str) else ""
    return text if _CURRENCY.fullmatch(text) else ""
