"""Parts of a location, and time zones by country (from the IANA time zone database)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from core.validators import TIMEZONES, zone_or_utc

# Codes of states and territories of the USA: those that are not also codes of countries
# (ISO 3166-1), and the others.
_ONLY_STATES = "AK CT DC FL HI IA KS MI ND NH NJ NM NV NY OH OK OR RI TX UT VT WA WI WV WY"
_STATES_OR_COUNTRIES = (
    "AL AR AS AZ CA CO DE GA GU ID IL IN KY LA MA MD ME MN MO MP MS MT NC NE PA PR SC SD TN VA VI"
)
# Common spellings that ISO 3166-1 reserves for these countries.
_ALIASES = {"UK": "GB", "USA": "US"}


@dataclass(frozen=True)
class Place:
    city: str = ""
    state: str = ""
    country: str = ""


def parse_place(location: str) -> Place:
    """Parse `City`, `City, CC`, `City, ST` or `City, ST, CC` (see base.Query).

    `Venice, CA` and `Toronto, CA` look alike: the city alone finds both.
    """
    city, *codes = (part.strip() for part in location.split(","))
    match [_ALIASES.get(code.upper(), code.upper()) for code in codes]:
        case [state, country, *_]:
            return Place(city, state, country)
        case [code] if code in _ONLY_STATES.split():
            return Place(city, state=code)
        case [code] if code not in _STATES_OR_COUNTRIES.split():
            return Place(city, country=code)
    return Place(city)


def zone_with_offset(offset: timedelta, *, at: datetime, country: str = "") -> str:
    """Return the name of a zone that is `offset` ahead of UTC at that instant, or "".

    Zones of the country (ISO 3166-1) come first.
    """
    zones = sorted(_zones(), key=lambda zone: country not in zone[0])
    matching = (name for _, name in zones if at.astimezone(zone_or_utc(name)).utcoffset() == offset)
    return next(matching, "")


def country_code(text: str) -> str:
    """Return the ISO 3166-1 code of a code or an English name, or ""."""
    return _codes().get(text.strip().casefold(), "")


@cache
def _zones() -> tuple[tuple[frozenset[str], str], ...]:
    """Return each zone with its countries, in the table's order: by country, large zones first."""
    rows = _rows_of("zone1970.tab")
    return tuple((frozenset(row[0].split(",")), row[2]) for row in rows if row[2] in TIMEZONES)


@cache
def _codes() -> dict[str, str]:
    codes = {alias.casefold(): code for alias, code in _ALIASES.items()}
    for code, name in _rows_of("iso3166.tab"):
        codes[code.casefold()] = codes[name.casefold()] = code
    return codes


def _rows_of(table: str) -> Iterator[list[str]]:
    text = files("tzdata").joinpath("zoneinfo", table).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
