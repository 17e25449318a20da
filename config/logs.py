"""Removes secrets and needless tracebacks from the log."""

import logging
import re
from typing import Any

_SECRET = re.compile(
    r"(/unsubscribe/|/api/calendar/)[^/\s'\"?]+"
    # Keys of providers, in queries.
    r"|\b((?:apikey|client_id|client_secret)=)[^&\s'\"]+",
    re.IGNORECASE,
)


def hide_tokens(logger: Any, method: str, line: dict[str, Any]) -> dict[str, Any]:
    """Replace secrets in URLs, which readers of the log could use (a structlog processor).

    Django logs URLs of requests that crash, and tracebacks can contain them.
    """
    for part, text in line.items():
        # Every secret follows one of these; the look-up costs a tenth of the expression.
        if isinstance(text, str) and ("/" in text or "=" in text):
            line[part] = _SECRET.sub(r"\1\2…", text)
    return line


class WithoutTraceback(logging.Filter):
    """Filter for loggers whose errors are expected, such as an unreachable broker."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True
