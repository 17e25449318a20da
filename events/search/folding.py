r"""Folding of texts and queries for comparisons, in Python and in PostgreSQL.

    fold("Łódź: AC/DC — “Live”")  ->  "lodz ac dc live"

Folded text has lower-case letters without accents, in one Unicode form, and single spaces instead
of anything that is no letter, digit or emoji. `letters.txt` maps each letter. The SQL functions
`events_letters` and `events_fold` (migration 0019) are made from the same file, and a test compares
both implementations for all letters. SQLite calls the Python functions.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

LETTERS_FILE: Final = Path(__file__).with_name("letters.txt")
# After the mapping all signs are ASCII.
_SIGN = r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e"
_SIGNS_AND_SPACES = re.compile(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
_WORD = r"[^\x00-\x2f\x3a-\x60\x7b-\x7f]"
_COMPOUND = re.compile(rf"{_WORD}+(?:[{_SIGN}]{_WORD}+)+")
_LONGEST_COMPOUND = 40
# Thai to Myanmar, Hangul, and everything from Cherokee on, such as Chinese, Japanese and emoji:
# scripts without spaces, or that the parsers and locales of some servers do not know.
DENSE: Final = r"\u0E00-\u109F\u1100-\u11FF\u13A0-\U0010FFFF"
_RUN = re.compile(f"[{DENSE}]+")
_WORDS = re.compile(f"{_WORD}+")
# A letter with its marks, or the parts of a Korean syllable.
_CLUSTER = re.compile(r".[\u0300-\u036F\u3099\u309A\u1160-\u11FF]*", re.DOTALL)
_LETTERS_AND_DIGITS = re.compile(r"([a-z]+)([0-9]+)|([0-9]+)([a-z]+)")


def _read_letters() -> dict[str, str]:
    letters = {}
    for line in LETTERS_FILE.read_text(encoding="ascii").splitlines():
        folded, _, ranges = line.partition(":")
        text = "".join(chr(int(code, 16)) for code in folded.split())
        for code_range in ranges.split():
            first, _, last = code_range.partition("-")
            for code in range(int(first, 16), int(last or first, 16) + 1):
                letters[chr(code)] = text
    return letters


LETTERS: Final = _read_letters()
_TABLE = {ord(letter): folded for letter, folded in LETTERS.items()} | {
    code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)
}


def fold_letters(text: str) -> str:
    """Return the text in plain lower-case letters, including signs: `AC–DC` is `ac-dc`."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(_TABLE)


def fold(text: str) -> str:
    """Return the folded words of the text, separated by single spaces."""
    return words_of(fold_letters(text))


def words_of(letters: str) -> str:
    """Return the words of a result of `fold_letters`."""
    return _SIGNS_AND_SPACES.sub(" ", letters).strip(" ")


def joined_words(letters: str) -> list[str]:
    """Join words that are separated by signs only: `nodejs` for `node.js`.

    Takes a result of `fold_letters`. Scripts without spaces are ignored.
    """
    compounds = _COMPOUND.findall(_RUN.sub(" ", letters))
    words = (_SIGNS_AND_SPACES.sub("", compound) for compound in compounds)
    return [word for word in words if len(word) <= _LONGEST_COMPOUND]


def split_word(word: str) -> list[str]:
    """Split letters from digits: `["blink", "182"]` for `blink182`; otherwise return nothing."""
    match = _LETTERS_AND_DIGITS.fullmatch(word)
    return [part for part in match.groups() if part] if match else []


def dense_runs(words: str) -> tuple[str, list[str]]:
    """Separate folded text into words, and runs of letters of scripts without spaces."""
    return " ".join(_RUN.sub(" ", words).split()), _RUN.findall(words)


def ends_in_sign(text: str) -> bool:
    return _SIGNS_AND_SPACES.match(fold_letters(text)[-1:]) is not None


def is_dense(text: str) -> bool:
    """Return whether the text begins with a letter of a script without spaces."""
    return _RUN.match(text) is not None


def folded_words(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each word of the text, folded, with its start and stop in the text.

    A letter and an accent that was typed separately are folded together.
    """
    letters, places = _folded_with_places(text)
    if isinstance(places, range):  # each letter became one
        yield from ((match[0], *match.span()) for match in _WORDS.finditer(letters))
        return
    for match in _WORDS.finditer(letters):
        yield match[0], *_span(match, places, len(text))


def folded_parts(text: str, parts: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield start and stop of the folded parts in the text; longer parts take precedence."""
    longest_first = sorted(filter(None, parts), key=len, reverse=True)
    if not longest_first:
        return
    letters, places = _folded_with_places(text)
    for match in re.finditer("|".join(map(re.escape, longest_first)), letters):
        yield _span(match, places, len(text))


def _span(match: re.Match[str], places: Sequence[int], length: int) -> tuple[int, int]:
    """Return start and stop in the original text of a match in the folded letters."""
    after, last = match.end(), places[match.end() - 1]
    while after < len(places) and places[after] == last:
        after += 1
    return places[match.start()], places[after] if after < len(places) else length


def _folded_with_places(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded letters including signs, and the position of each in the text.

    Only few letters become none or several, so the text between them is folded in one step.
    """
    if text.isascii():
        return text.lower(), range(len(text))
    if not unicodedata.is_normalized("NFC", text):
        return _joined([(match[0], match.start()) for match in _CLUSTER.finditer(text)])
    folded = {letter: _fold_letter(letter) for letter in set(text)}
    special = [letter for letter, plain in folded.items() if len(plain) != 1]
    table = str.maketrans(folded)
    if not special:
        return text.translate(table), range(len(text))
    pieces: list[str] = []
    places: list[int] = []
    place = 0
    for piece in re.split(f"([{''.join(map(re.escape, special))}])", text):
        plain = piece.translate(table)
        pieces.append(plain)
        is_simple = len(plain) == len(piece)
        places += range(place, place + len(piece)) if is_simple else [place] * len(plain)
        place += len(piece)
    return "".join(pieces), places


def _joined(clusters: list[tuple[str, int]]) -> tuple[str, list[int]]:
    folded = [(fold_letters(cluster), place) for cluster, place in clusters]
    places = [place for letters, place in folded for _ in letters]
    return "".join(letters for letters, _ in folded), places


@lru_cache(maxsize=10_000)
def _fold_letter(letter: str) -> str:
    return fold_letters(letter)
