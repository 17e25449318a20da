"""What the log must not say, or not so loudly."""

import logging
import re
from typing import Any

_TOKEN_IN_PATH = re.compile(r"(/unsubscribe/|/api/calendar/)[^/\s'\"?]+")


def hide_tokens(logger: Any, method: str, line: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor: whoever reads the log must not be able to act for somebody.

    Django names paths in the text itself, where a request crashed.
    """
    for part in ("request", "event"):
        if isinstance(line.get(part), str):
            line[part] = _TOKEN_IN_PATH.sub(r"\1…", line[part])
    return line


class WithoutTraceback(logging.Filter):
    """For a logger whose errors are plain facts, such as a broker that is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True
