"""What people call the thing that they signed in with."""

from functools import lru_cache

from ua_parser import parse

_LONGEST = 100


@lru_cache(maxsize=1000)
def device_name(user_agent: str) -> str:
    """Such as "Firefox on Linux", or the beginning of what an app calls itself."""
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:_LONGEST]
