"""Correction of mistyped words, such as `confrence`.

Used only if the typed words find nothing, so that corrections never hide a result. The search then
runs with the corrected words.

Source: https://www.postgresql.org/docs/current/pgtrgm.html
"""

from collections.abc import Iterator

from django.db import connection
from django.db.models import F, FloatField, Func, Value
from rapidfuzz import process
from rapidfuzz.distance import OSA

from events.models import Word
from events.search.folding import folded_words, is_dense
from events.search.query_syntax import excluded_spans

SHORTEST_WORD = 4  # shorter words are similar to too many others
LONGEST_WORD = 40
_MOST_WORDS = 8
_CANDIDATES = 50


def corrected(q: str) -> str:
    """Return the query with each unknown word replaced by the most similar known word.

    Excluded words, words of scripts without spaces and words with vowel signs are not changed. On
    SQLite the query is returned unchanged.
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
    """Yield each word that can be corrected, folded, with its start and stop in the query."""
    excluded = excluded_spans(q)
    for word, start, stop in folded_words(q):
        is_excluded = any(first <= start < last for first, last in excluded)
        is_plain = word.isalpha() and not any(map(is_dense, word))
        if not is_excluded and is_plain and SHORTEST_WORD <= len(word) <= LONGEST_WORD:
            yield word, start, stop


def _nearest(word: str) -> str | None:
    """Return the known word with the fewest slips, and of these the one that shares most trigrams.

    A slip is a missing, additional, wrong or swapped letter. Return None without such a word, or if
    a known word starts with the given one.
    """
    if Word.objects.filter(word__startswith=word).exists():
        return None
    distance = Func(
        F("word"), Value(word), template="%(expressions)s", arg_joiner=" <-> ",
        output_field=FloatField(),
    )  # fmt: skip
    candidates = Word.objects.order_by(distance).values_list("word", flat=True)[:_CANDIDATES]
    most = 1 if len(word) < 8 else 2
    match = process.extractOne(word, candidates, scorer=OSA.distance, score_cutoff=most)
    return match[0] if match else None
