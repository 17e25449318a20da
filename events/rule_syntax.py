"""The syntax of recurrence rules, and the errors for other text."""

import re

from core.errors import BadValue

WORDS = {
    "daily": "FREQ=DAILY",
    "weekly": "FREQ=WEEKLY",
    "biweekly": "FREQ=WEEKLY;INTERVAL=2",
    "monthly": "FREQ=MONTHLY",
    "yearly": "FREQ=YEARLY",
}
MOST_OCCURRENCES = 366
MOST_CHARACTERS = 500
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_NUMBER = r"[1-9][0-9]{0,3}"
_DAY = r"(?:MO|TU|WE|TH|FR|SA|SU)"
_MONTH = r"(?:1[0-2]|[1-9])"
_MONTHDAY = r"-?(?:3[01]|[12][0-9]|[1-9])"
_YEARDAY = r"-?(?:36[0-6]|3[0-5][0-9]|[12][0-9]{2}|[1-9][0-9]?)"
_WEEK = r"-?(?:5[0-3]|[1-4][0-9]|[1-9])"


def _list(value: str) -> str:
    return rf"{value}(?:,{value})*"


_PARTS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": _NUMBER,
    "COUNT": r"[0-9]{1,9}",
    "UNTIL": r"[0-9]{8}(?:T[0-9]{6}Z?)?",
    "WKST": _DAY,
    "BYMONTH": _list(_MONTH),
    "BYWEEKNO": _list(_WEEK),
    "BYYEARDAY": _list(_YEARDAY),
    "BYMONTHDAY": _list(_MONTHDAY),
    "BYDAY": _list(rf"(?:[+-]?(?:5[0-3]|[1-4][0-9]|[1-9]))?{_DAY}"),
    "BYSETPOS": _list(_YEARDAY),
}
# Parts that the RFC forbids with a frequency.
_NOT_WITH = {
    "DAILY": {"BYWEEKNO", "BYYEARDAY"},
    "WEEKLY": {"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY"},
    "MONTHLY": {"BYWEEKNO", "BYYEARDAY"},
    "YEARLY": set[str](),
}
NAMES_DAYS = {"BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY"}


def read_parts(rule: str) -> dict[str, str]:
    """Return the parts of an RRULE by their names. Raises BadValue (`unknown_recurrence`)."""
    if len(rule) > MOST_CHARACTERS:
        raise unknown_rule(f"A rule has at most {MOST_CHARACTERS} characters.")
    parts: dict[str, str] = {}
    for part in rule.removesuffix(";").split(";"):
        name, _, value = part.partition("=")
        if name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            raise unknown_rule("Rules name days only. Send the time of day as start_time.")
        if name not in _PARTS or (name == "FREQ" and not re.fullmatch(_PARTS[name], value)):
            raise unknown_rule(
                "Send daily, weekly, biweekly, monthly, yearly, or an RRULE (RFC 5545) such as "
                "FREQ=MONTHLY;BYDAY=1FR;COUNT=12. FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY."
            )
        if name in parts:
            raise unknown_rule(f"The rule has {name} twice.")
        if not re.fullmatch(_PARTS[name], value):
            raise unknown_rule(f"{name} can't have this value.")
        parts[name] = value
    if "FREQ" not in parts:
        raise unknown_rule("The rule has no FREQ, such as FREQ=WEEKLY.")
    _check_together(parts)
    # FREQ first, which RFC 2445 required and old readers still expect.
    return {"FREQ": parts.pop("FREQ")} | parts


def _check_together(parts: dict[str, str]) -> None:
    freq = parts["FREQ"]
    if forbidden := _NOT_WITH[freq] & parts.keys():
        raise unknown_rule(f"{min(forbidden)} can't be combined with FREQ={freq}.")
    is_numbered = bool(re.search(r"[0-9]", parts.get("BYDAY", "")))
    if is_numbered and (freq in ("DAILY", "WEEKLY") or "BYWEEKNO" in parts):
        raise unknown_rule(
            "Numbered days such as 1FR need FREQ=MONTHLY or FREQ=YEARLY, without BYWEEKNO."
        )
    is_of_months = freq == "MONTHLY" or "BYMONTH" in parts
    if is_of_months and re.search(r"[1-5][0-9]|[6-9]", parts.get("BYDAY", "")):
        # dateutil would search beyond the end of the year, and fail.
        raise unknown_rule("No weekday comes more than five times in a month.")
    if "BYSETPOS" in parts and not NAMES_DAYS & parts.keys():
        raise unknown_rule("BYSETPOS needs another BY… part to choose days from.")


def unknown_rule(message: str) -> BadValue:
    return BadValue("recurrence_pattern", "unknown_recurrence", message)


def too_many_occurrences() -> BadValue:
    return BadValue(
        "recurrence_pattern",
        "too_many_occurrences",
        f"A series has 1 to {MOST_OCCURRENCES} dates. Send neither COUNT nor UNTIL for more.",
    )
