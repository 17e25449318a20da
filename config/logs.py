"""What the log must not say, or not so loudly."""

import logging
import re
from typing import Any

_SECRET = re.compile(
    r"(/unsubscribe/|/api/calendar/)[^/\s'\"?]+"
    # The keys of providers, which stand in the query.
    r"|\b((?:apikey|client_id|client_secret)=)[^&\s'\"]+",
    re.IGNORECASE,
)


def hide_tokens(logger: Any, method: str, line: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor: whoever reads the log must not be able to act for somebody.

    Texts of others hold URLs: Django's where a request crashed, and tracebacks.
    """
    for part, text in line.items():
        if isinstance(text, str):
            line[part] = _SECRET.sub(r"\1\2…", text)
    return line


class WithoutTraceback(logging.Filter):
    """For a logger whose errors are plain facts, such as a broker that is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True
