"""Readable names of devices."""

from functools import lru_cache

from ua_parser import parse

_LONGEST = 100


@lru_cache(maxsize=1000)
def device_name(user_agent: str) -> str:
    """Return a name such as "Firefox on Linux", or the beginning of the user agent."""
    parsed = parse(user_agent)
    browser = parsed.user_agent.family if parsed.user_agent else ""
    system = parsed.os.family if parsed.os else ""
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:_LONGEST]
