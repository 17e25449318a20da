"""Time zones by country and offset, from the tables of the IANA time zone database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from core.validators import TIMEZONES, zone_or_utc
from external_events.providers.places import ALSO_WRITTEN


def zone_with_offset(offset: timedelta, *, at: datetime, country: str = "") -> str:
    """Return the name of a zone whose clocks are `offset` ahead of UTC at that instant, or "".

    Zones of the country (ISO 3166-1) come first.
    """
    zones = sorted(_zones(), key=lambda zone: country not in zone[0])
    fitting = (name for _, name in zones if at.astimezone(zone_or_utc(name)).utcoffset() == offset)
    return next(fitting, "")


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
    codes = {text.casefold(): code for text, code in ALSO_WRITTEN.items()}
    for code, name in _rows_of("iso3166.tab"):
        codes[code.casefold()] = codes[name.casefold()] = code
    return codes


def _rows_of(table: str) -> Iterator[list[str]]:
    text = files("tzdata").joinpath("zoneinfo", table).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
