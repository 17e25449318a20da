"""Words that are nearly right: `confrence` is to find conference.

Used only if the typed words find nothing, so that corrections never hide a hit. The words
themselves are corrected, and the search runs as for any words: pages, counts, facets and highlights
are those of the corrected words.

Source: https://www.postgresql.org/docs/current/pgtrgm.html
"""

from collections.abc import Iterator

from django.db import connection
from django.db.models import F, FloatField, Func, Value
from rapidfuzz.distance import OSA

from events.models import Word
from events.search.folding import folded_words, is_dense
from events.search.query_syntax import excluded_spans

SHORTEST_WORD = 4  # shorter ones are too near to too many others
LONGEST_WORD = 40
_MOST_WORDS = 8
_CANDIDATES = 50


def corrected(q: str) -> str:
    """Return the query with each word that no event knows turned into the nearest known word.

    Return the same query if there is nothing to correct, and always on SQLite. Excluded words stay
    as they are, and so do words of scripts without spaces and words with vowel signs.
    """
    if connection.vendor != "postgresql":
        return q
    places = list(_correctable(q))
    typed = sorted({word for word, _, _ in places})[:_MOST_WORDS]
    nearest = {word: near for word in typed if (near := _nearest(word))}
    for word, start, stop in reversed(places):
        if word in nearest:
            q = q[:start] + nearest[word] + q[stop:]
    return q


def _correctable(q: str) -> Iterator[tuple[str, int, int]]:
    """Yield each word that may be mistyped, folded, with its start and stop in the query."""
    excluded = excluded_spans(q)
    for word, start, stop in folded_words(q):
        is_excluded = any(first <= start < last for first, last in excluded)
        is_plain = word.isalpha() and not any(map(is_dense, word))
        if not is_excluded and is_plain and SHORTEST_WORD <= len(word) <= LONGEST_WORD:
            yield word, start, stop


def _nearest(word: str) -> str | None:
    """Return the known word with the fewest slips, then the one that shares most trigrams.

    A slip is a letter left out, added, mistaken, or swapped with its neighbour. None if there is no
    such word, or if the word, or one that begins with it, is known.
    """
    if Word.objects.filter(word__startswith=word).exists():
        return None
    distance = Func(
        F("word"), Value(word), template="%(expressions)s", arg_joiner=" <-> ",
        output_field=FloatField(),
    )  # fmt: skip
    candidates = Word.objects.order_by(distance).values_list("word", flat=True)[:_CANDIDATES]
    most = 1 if len(word) < 8 else 2
    slips = [(OSA.distance(word, each, score_cutoff=most), each) for each in candidates]
    fewest, nearest = min(slips, key=lambda pair: pair[0], default=(most + 1, None))
    return nearest if fewest <= most else None
