"""Write `events/search/letters.txt`, which says what each letter becomes in folded text.

    python -m dev.letters

The file is the definition, for Python and for PostgreSQL. It is written down because Unicode grows
with each version of either: the same letter must become the same text on both sides, always. A
changed file needs a migration that renews the function and the stored text (docs/adr/0019).
"""

import re
import sys
import textwrap
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from events.search.folding import LETTERS_FILE

# Letters of their own that people write without the stroke, tail or ligature.
_PLAIN = {
    "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŋ": "n", "ı": "i", "ȷ": "j", "ə": "e", "ĸ": "k",
    "ɑ": "a", "ɡ": "g",
}  # fmt: skip
_LATIN = re.compile(r"LATIN (?:(?:SMALL|CAPITAL) LETTER (.) WITH .*|LETTER SMALL CAPITAL (.))")
# Combining classes of sounds: nukta, voicing, virama, vowels and tones from Thai to Tibetan.
_SOUNDS = {0, 6, 7, 8, 9, 84, 91, 103, 107, 118, 122, 129, 130, 132}
_IGNORED_MARKS = [(0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF)]
_TATWEEL, _SKIN_TONES = 0x640, range(0x1F3FB, 0x1F400)
# Between two parts of one word: apostrophes, middle dots, and what looks like them.
_JOINERS = "‘’‛·‧・ʹʺʻʼʽʾʿˀˁˈˊˋˮ׳״"
_PICTURES = [(0x2190, 0x2BFF), (0x1F000, 0x1FBFF)]


def fold_letter(letter: str) -> str:
    """Return what the letter becomes: several letters, one, none, a space, or `-` for a joiner."""
    if letter.isascii():
        return letter.lower()
    plain = _decomposed(_decomposed(letter).casefold())
    return unicodedata.normalize("NFC", "".join(map(_plain, plain)))


def table(codes: Iterable[int] = range(sys.maxunicode + 1)) -> dict[str, str]:
    """Return what each letter becomes, where that is more than its NFKC form.

    Folding begins with NFKC. That of Unicode 3.2 is known to every Python and PostgreSQL; the
    letters that came later are in the table.
    """
    old = unicodedata.ucd_3_2_0
    return {
        letter: folded
        for letter in map(chr, codes)
        if not letter.isascii()
        and (folded := fold_letter(letter)) != letter
        and old.normalize("NFKC", letter) == letter
    }


def _decomposed(text: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not _is_accent(letter)
    )


def _is_accent(letter: str) -> bool:
    category = unicodedata.category(letter)
    if category == "Me" or _is_in(letter, _IGNORED_MARKS):
        return True
    return category == "Mn" and unicodedata.combining(letter) not in _SOUNDS


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if category == "Cf" or ord(letter) == _TATWEEL or ord(letter) in _SKIN_TONES:
        return ""
    if letter in _JOINERS or category in ("Pd", "Pc"):
        return "-"
    if category == "So" and _is_in(letter, _PICTURES):
        return letter
    if category[0] in "PSZ" or category == "Cc":
        return " "
    return _PLAIN.get(letter) or _base(letter)


def _base(letter: str) -> str:
    """Return `o` for `ø`, which Unicode names but does not decompose."""
    match = _LATIN.fullmatch(unicodedata.name(letter, ""))
    return (match[1] or match[2]).lower() if match else letter


def _is_in(letter: str, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= ord(letter) <= last for first, last in ranges)


def written(letters: dict[str, str]) -> str:
    """Return the text of the file: `<code points of the folded text>: <letters>`, in hex."""
    by_folded = defaultdict(list)
    for letter, folded in letters.items():
        by_folded[folded].append(ord(letter))
    lines = []
    for folded, codes in sorted(by_folded.items()):
        name = " ".join(f"{ord(each):04X}" for each in folded)
        lines += [f"{name}: {row}" for row in textwrap.wrap(" ".join(_ranges(codes)), 90)]
    return "\n".join(lines) + "\n"


def _ranges(codes: list[int]) -> list[str]:
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return [f"{a:04X}" if a == b else f"{a:04X}-{b:04X}" for a, b in ranges]


if __name__ == "__main__":
    Path(LETTERS_FILE).write_text(written(table()), encoding="ascii")
