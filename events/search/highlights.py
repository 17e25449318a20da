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
_WORDS_BEFORE = 5
_OPTIONS = "StartSel=<mark>, StopSel=</mark>, HighlightAll=true"


class Highlight(TypedDict):
    title: str
    description: str


def of(events: Sequence[Event], words: str) -> list[Highlight]:
    """Of each event the title, and about 30 words of the description around the hits.

    Text is escaped before anything is marked, so that a title that says
    `<mark>` shows just that. One query on PostgreSQL, for these events alone.
    """
    if not words or not events:
        marked = [(escape(event.title), escape(event.description)) for event in events]
    elif connections["default"].vendor == "postgresql":
        marked = list(_by_postgres(events, words))
    else:
        asked = (fold(words) or "").split()
        marked = [
            ("".join(_marked(event.title, asked)), "".join(_marked(event.description, asked)))
            for event in events
        ]
    return [Highlight(title=title, description=_cut(text)) for title, text in marked]


def _by_postgres(events: Sequence[Event], words: str) -> Iterator[tuple[str, str]]:
    """By the same parser and word forms as the search itself; it leaves `&lt;` alone."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT ts_headline(config, title, query, %s), ts_headline(config, text, query, %s)"
            " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS page (title, text, place),"
            " CAST(%s AS regconfig) AS config, websearch_to_tsquery(config, %s) AS query"
            " ORDER BY place",
            [
                _OPTIONS,
                _OPTIONS,
                [escape(event.title) for event in events],
                [escape(event.description) for event in events],
                SEARCH_CONFIG,
                words,
            ],
        )
        yield from cursor.fetchall()


def _cut(html: str) -> str:
    """30 words, from a few before the first mark on. No mark holds a blank, so none is broken."""
    words = [each.span() for each in re.finditer(r"\S+", html)]
    mark = html.find("<mark>")
    place = next((at for at, (_, end) in enumerate(words) if end > mark), 0) if mark >= 0 else 0
    shown = words[max(place - _WORDS_BEFORE, 0) :][:_WORDS_SHOWN]
    return html[shown[0][0] : shown[-1][1]] if shown else ""


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
