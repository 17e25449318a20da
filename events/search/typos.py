"""Words that are nearly right: `confrence` is to find conference.

Asked only where the words as they stand find nothing, so that a hit is never
drowned. The words themselves are corrected, and the search goes on as for any
others: pages, counts, facets and highlights are those of the corrected words.

Source: https://www.postgresql.org/docs/current/pgtrgm.html
"""

import re
from functools import lru_cache

from django.db import connection
from django.db.models import F, FloatField, Func, Value

from events.models import Word
from events.search.parts import fold

SHORTEST_WORD = 4  # shorter ones are too near to too many others
_MOST_WORDS = 8
_CANDIDATES = 50
# Whole words of letters; those that must not be there are left as they are.
_WORD = re.compile(rf"(?<![\w-])[^\W\d_]{{{SHORTEST_WORD},40}}(?!\w)")


def corrected(words: str) -> str:
    """The words with each that no event knows turned into the nearest that one does.

    The same where there is nothing to correct; on SQLite always.
    """
    if connection.vendor != "postgresql":
        return words
    asked = {folded for each in _WORD.findall(words) if (folded := fold(each))}
    unknown = sorted(asked)[:_MOST_WORDS]
    known = set(Word.objects.filter(pk__in=unknown).values_list("pk", flat=True))
    nearest = {each: _nearest(each) or each for each in unknown if each not in known}

    def correct(found: re.Match[str]) -> str:
        return nearest.get(fold(found[0]) or "", found[0])

    return _WORD.sub(correct, words) if nearest else words


def _nearest(word: str) -> str | None:
    """The known word with the fewest slips, then the one that shares most trigrams."""
    distance = Func(
        F("word"), Value(word), template="%(expressions)s", arg_joiner=" <-> ",
        output_field=FloatField(),
    )  # fmt: skip
    candidates = Word.objects.order_by(distance).values_list("word", flat=True)[:_CANDIDATES]
    most = 1 if len(word) < 8 else 2
    slips = [(count, each) for each in candidates if (count := _slips(word, each)) <= most]
    return min(slips, key=lambda pair: pair[0])[1] if slips else None


@lru_cache(maxsize=1000)
def _slips(word: str, other: str) -> int:
    """Letters left out, added, mistaken, or swapped with their neighbour.

    Source: the optimal string alignment distance, a restricted form of Damerau (1964).
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, match in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != match))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == match:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]
