"""What was found, as HTML: escaped, with the hits in <mark>."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import TypedDict

from django.db import connections

from events.models import Event
from events.search.parts import fold, fold_character
from events.search.words import SEARCH_CONFIG

_WORDS_SHOWN = 30
_WHOLE = "StartSel=<mark>, StopSel=</mark>, HighlightAll=true"
_FRAGMENT = (
    f"StartSel=<mark>, StopSel=</mark>, MaxFragments=1, MaxWords={_WORDS_SHOWN},"
    f" MinWords={_WORDS_SHOWN // 2}"
)


class Highlight(TypedDict):
    title: str
    description: str


def of(events: Sequence[Event], words: str) -> list[Highlight]:
    """Of each event the title, and about 30 words of the description around the hits.

    Text is escaped before anything is marked, so that a title that says
    `<mark>` shows just that. One query on PostgreSQL, for these events alone.
    """
    texts = [(escape(event.title), escape(event.description)) for event in events]
    if not words:
        return [Highlight(title=title, description=_first(text)) for title, text in texts]
    if events and connections["default"].vendor == "postgresql":
        return _by_postgres(texts, words)
    asked = [folded for word in words.split() if (folded := fold(word))]
    return [
        Highlight(
            title="".join(_marked(event.title, asked)),
            description=_around_the_first(event.description, asked),
        )
        for event in events
    ]


def _by_postgres(texts: list[tuple[str, str]], words: str) -> list[Highlight]:
    """By the same parser and word forms as the search itself; it leaves `&lt;` alone."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT ts_headline(config, title, query, %s), ts_headline(config, text, query, %s)"
            " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS page (title, text, place),"
            " CAST(%s AS regconfig) AS config, websearch_to_tsquery(config, %s) AS query"
            " ORDER BY place",
            [
                _WHOLE,
                _FRAGMENT,
                [title for title, _ in texts],
                [text for _, text in texts],
                SEARCH_CONFIG,
                words,
            ],
        )
        return [Highlight(title=title, description=text) for title, text in cursor.fetchall()]


def _first(text: str) -> str:
    """The first 30 words."""
    end = re.match(rf"(?:\s*\S+){{0,{_WORDS_SHOWN}}}", text)
    return text[: end.end()] if end else text


def _around_the_first(text: str, asked: list[str]) -> str:
    """From a few words before the first hit on."""
    hits = _hits(text, asked)
    if hits:
        before = [each.start() for each in re.finditer(r"\S+", text[: hits[0][0]])]
        text = text[before[-5] :] if len(before) > 5 else text
    return "".join(_marked(_first(text), asked))


def _marked(text: str, asked: list[str]) -> Iterator[str]:
    """The text in escaped pieces, by turns outside and inside of a mark."""
    end = 0
    for start, stop in _hits(text, asked):
        yield f"{escape(text[end:start])}<mark>{escape(text[start:stop])}</mark>"
        end = stop
    yield escape(text[end:])


def _hits(text: str, asked: list[str]) -> list[tuple[int, int]]:
    """Where the words stand: from which letter on and up to which, none twice."""
    # A letter may fold into none (an accent) or two (ß): so each folded one knows its own.
    folded = [(place, each) for place, letter in enumerate(text) for each in fold_character(letter)]
    plain = "".join(each for _, each in folded)
    found = re.finditer("|".join(map(re.escape, sorted(asked, key=len, reverse=True))), plain)
    hits: list[tuple[int, int]] = []
    for each in found if asked else ():
        start, stop = folded[each.start()][0], folded[each.end() - 1][0] + 1
        if not hits or start >= hits[-1][1]:
            hits.append((start, stop))
    return hits
