"""The place of a query, in parts."""

from dataclasses import dataclass

# Codes of the USA's states and territories: those that are no country's (ISO 3166-1), the others.
_ONLY_STATES = "AK CT DC FL HI IA KS MI ND NH NJ NM NV NY OH OK OR RI TX UT VT WA WI WV WY"
_STATES_OR_COUNTRIES = (
    "AL AR AS AZ CA CO DE GA GU ID IL IN KY LA MA MD ME MN MO MP MS MT NC NE PA PR SC SD TN VA VI"
)
# What many people write for a country, and ISO 3166-1 keeps free for them.
ALSO_WRITTEN = {"UK": "GB", "USA": "US"}


@dataclass(frozen=True)
class Place:
    city: str = ""
    state: str = ""
    country: str = ""


def read_place(location: str) -> Place:
    """From `City`, `City, CC`, `City, ST` or `City, ST, CC` (see base.Query).

    `Venice, CA` and `Toronto, CA` look alike: the city alone finds both.
    """
    city, *codes = (part.strip() for part in location.split(","))
    match [ALSO_WRITTEN.get(code.upper(), code.upper()) for code in codes]:
        case [state, country, *_]:
            return Place(city, state, country)
        case [code] if code in _ONLY_STATES.split():
            return Place(city, state=code)
        case [code] if code not in _STATES_OR_COUNTRIES.split():
            return Place(city, country=code)
    return Place(city)
