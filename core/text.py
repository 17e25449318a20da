"""Text that users wrote, made safe for one line, several lines or a limited length."""

import re

# Line breaks and control characters forge lines; the others make text read backwards. Half a
# character (a lone surrogate) cannot be sent at all.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    return " ".join(_UNSAFE.sub(" ", text).split())


def lines_of(text: str) -> list[str]:
    """Return the safe lines, without empty ones."""
    return [line for raw in text.splitlines() if (line := one_line(raw))]


def in_lines(text: str) -> str:
    """Return the text with its own line breaks, without forged ones and half characters."""
    return "\n".join(_UNSAFE.sub(" ", line).rstrip() for line in text.splitlines()).strip("\n")


def shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
