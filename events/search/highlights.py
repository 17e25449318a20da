"""Highlights of search results: escaped HTML with matches in <mark>."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from html import escape
from typing import TypedDict

from django.db import connections

from events.cards import Body
from events.search import query_syntax
from events.search.folding import folded_parts, folded_words

_WORDS_SHOWN = 30
_WORDS_BEFORE = 5
_SHORTEST_BEGINNING = 3  # as in `events_word_query`

_IS_JOINT = re.compile(r"\S+").fullmatch

Place = tuple[str, int, int]
"""A folded word with its start and stop in the text."""


class Highlight(TypedDict):
    title: str
    description: str


def of(events: Sequence[Body], q: str) -> list[Highlight]:
    """Return the title of each event, and about 30 words of its description around a match.

    Pieces of text are escaped while they are marked, so that a literal `<mark>` in a title is shown
    as text. One query on PostgreSQL, for the word forms of these events.
    """
    wanted = list(query_syntax.wanted_terms(query_syntax.parse(q)))
    texts = [text for event in events for text in (event["title"], event["description"])]
    if not wanted:
        marked = [escape(text) for text in texts]
    elif connections["default"].vendor == "postgresql":
        marked = _by_words(texts, wanted)
    else:
        marked = _by_parts(texts, wanted)
    return [
        Highlight(title=title, description=_cut(description))
        for title, description in zip(marked[::2], marked[1::2], strict=True)
    ]


def _by_parts(texts: list[str], wanted: list[query_syntax.Term]) -> list[str]:
    """Mark parts of words, or all of `Node.js` if only `nodejs` matches."""
    parts = [part for term in wanted for part in (*term.words, *term.runs, *term.split)]

    def is_hit(word: str) -> bool:
        return any(part in word for part in parts)

    return [
        _marked(
            text, list(folded_parts(text, parts)) or _hits(text, list(folded_words(text)), is_hit)
        )
        for text in texts
    ]


def _by_words(texts: list[str], wanted: list[query_syntax.Term]) -> list[str]:
    """Mark whole words, by the same word forms as the search."""
    words_of_texts = [list(folded_words(text)) for text in texts]
    stems = _stems({word for term in wanted for word in term.words}, words_of_texts)
    runs = [run for term in wanted for run in term.runs]
    exact, beginnings = set[str](), set[str]()
    for term in _significant(wanted, stems):
        words = {*term.words, *filter(None, [term.joined])}
        exact |= {*words, *term.split}
        if not term.is_phrase:
            beginnings |= {word for word in words if _may_begin_words(word)}
    exact_stems = {stems[word] for word in exact if stems.get(word)}
    starts = tuple(beginnings)

    @cache  # most words come several times
    def is_hit(word: str) -> bool:
        is_form = stems.get(word) in exact_stems
        return word in exact or is_form or word.startswith(starts)

    return [
        _marked(text, sorted([*_hits(text, words, is_hit), *folded_parts(text, runs)]))
        for text, words in zip(texts, words_of_texts, strict=True)
    ]


def _stems(wanted: set[str], words_of_texts: list[list[Place]]) -> dict[str, str]:
    """Return the English stems of the wanted words, and of words with the same first letter.

    Only these can be forms of a wanted word. Stop words have an empty stem.
    """
    first_letters = {word[0] for word in wanted}
    others = {word for words in words_of_texts for word, *_ in words if word[0] in first_letters}
    if not wanted:
        return {}
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT word, coalesce((ts_lexize('english_stem', word))[1], '')"
            " FROM unnest(%s::text[]) AS word",
            [sorted(wanted | others)],
        )
        return dict(cursor.fetchall())


def _significant(wanted: list[query_syntax.Term], stems: dict[str, str]) -> list[query_syntax.Term]:
    """Return the terms that are not only stop words; all terms if there are none."""
    more = [term for term in wanted if term.is_phrase or any(map(stems.get, term.words))]
    return more or wanted


def _may_begin_words(word: str) -> bool:
    return len(word) >= _SHORTEST_BEGINNING and not word.isdecimal()


def _hits(
    text: str, words: list[Place], is_hit: Callable[[str], bool]
) -> Iterator[tuple[int, int]]:
    """Yield start and stop of matching words, or of `Node.js` if only `nodejs` matches."""
    for compound in _compounds(text, words):
        hits = [(start, stop) for word, start, stop in compound if is_hit(word)]
        if not hits and len(compound) > 1 and is_hit("".join(word for word, *_ in compound)):
            hits = [(compound[0][1], compound[-1][2])]
        yield from hits


def _compounds(text: str, words: list[Place]) -> Iterator[list[Place]]:
    """Group words without a space between them."""
    group: list[Place] = []
    end = 0
    for place in words:
        gap = text[end : place[1]]
        if group and (gap == " " or not _IS_JOINT(gap)):
            yield group
            group = []
        group.append(place)
        end = place[2]
    if group:
        yield group


def _cut(html: str) -> str:
    """Return 30 words, starting a few before the first mark. Marks have no blanks to break at."""
    words = [match.span() for match in re.finditer(r"\S+", html)]
    mark = html.find("<mark>")
    place = next((at for at, (_, end) in enumerate(words) if end > mark), 0) if mark >= 0 else 0
    shown = words[max(place - _WORDS_BEFORE, 0) :][:_WORDS_SHOWN]
    return html[shown[0][0] : shown[-1][1]] if shown else ""


def _marked(text: str, hits: Iterable[tuple[int, int]]) -> str:
    """Return the escaped text with marked hits; of overlapping hits, the first is marked."""
    pieces, end = [], 0
    for start, stop in hits:
        if start >= end:
            pieces.append(f"{escape(text[end:start])}<mark>{escape(text[start:stop])}</mark>")
            end = stop
    return "".join([*pieces, escape(text[end:])])
