"""Compare the titles of a provider's events by the name of the show.

Providers sell one show in several rows: with extras, as a parking space, by hours of entry.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, utils

# Without "suite" and "lounge" alone, which can be names of bands and plays.
_PARKING = r"parking|car park|park and ride|shuttles?(?: bus)?"
_EXTRAS = (
    r"vip|meet (?:and|&) greet|hospitality|platinum|upgrades?|packages?|add-?ons?|camping|lockers?"
    r"|premium (?:seat(?:s|ing)?|tickets?|experience)|(?:club|lounge|box) access|suites"
    r"|early (?:entry|access|admission)|fast (?:track|lane)|(?:weekend|season|\d+[ -]day) pass"
)
_ENTRY = r"timed|time ?slots?|slots?|entry|entrance|admission"
_CLOCK = r"\d{1,2}(?:[:.h]\d\d)? ?(?:[ap]\.?m\b\.?)|\d{1,2}[:.h]\d\d|\d{1,2} ?(?:uhr|h)\b"

_FLAGS = re.IGNORECASE
_is_parking = re.compile(rf"\b(?:{_PARKING})\b", _FLAGS).search
_is_extra = re.compile(rf"\b(?:{_EXTRAS}|{_PARKING})\b", _FLAGS).search
_is_entry = re.compile(
    rf"\b(?:{_ENTRY})\b|\b(?:{_CLOCK})\s*(?:-|–|to|until|bis)\s*(?:{_CLOCK})", _FLAGS
).search
_clock = re.compile(rf"\b(?:{_CLOCK})", _FLAGS)
_marks = re.compile(rf"\b(?:{_EXTRAS}|{_PARKING}|{_ENTRY})\b", _FLAGS)
# Words that do not distinguish shows.
_FILLERS = frozenset(
    (
        *("a", "an", "and", "at", "by", "event", "events", "for", "from", "in", "no", "not", "of"),
        *("on", "only", "pass", "passes", "the", "ticket", "tickets", "to", "until", "with"),
    )
)


@dataclass(frozen=True)
class ShowTitle:
    """`is_extra`: something besides a seat; `is_entry`: one of several hours of entry."""

    text: str

    @cached_property
    def is_parking(self) -> bool:
        return _is_parking(self.text) is not None

    @cached_property
    def is_extra(self) -> bool:
        return _is_extra(self.text) is not None

    @cached_property
    def is_entry(self) -> bool:
        return _is_entry(self.text) is not None

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Return the numbers, without times of day, by which rows of one show differ."""
        return frozenset(re.findall(r"\d+", _clock.sub(" ", self.text)))

    @cached_property
    def _words(self) -> list[str]:
        name = _marks.sub(" ", _clock.sub(" ", self.text))
        return [word for word in re.findall(r"\w+", name) if word.casefold() not in _FILLERS]

    @cached_property
    def show(self) -> frozenset[str]:
        """Return the words that name the show, in lower case."""
        return frozenset(word.casefold() for word in self._words)

    @property
    def longest_word(self) -> str:
        """Return the longest of them, or "", in its own case: SQLite can't fold the case of é."""
        return max(self._words, key=len, default="")

    def likeness(self, other: "ShowTitle") -> float:
        """Return up to 100 for common words in any order: "Ada – Live" is like "Ada".

        0 if the titles have different numbers, as evenings of one series do.
        """
        if self.numbers and other.numbers and not self.numbers & other.numbers:
            return 0
        return float(fuzz.token_set_ratio(self.text, other.text, processor=utils.default_process))

    def likeness_of_show(self, other: "ShowTitle") -> float:
        """Return the likeness of the names of the shows; 0 if one title has no name."""
        shows = [" ".join(sorted(title.show)) for title in (self, other)]
        return ShowTitle(shows[0]).likeness(ShowTitle(shows[1])) if all(shows) else 0
