"""The syntax of search queries: words, "phrases", alternatives (or) and -exclusions.

Both databases get the parsed query: PostgreSQL through `events_query` (migration 0019), SQLite for
every row.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise

from events.search.folding import dense_runs, fold_letters, joined_words, split_word, words_of

_TERM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans("“”„‟", '""""')


@dataclass(frozen=True, slots=True)
class Term:
    """A typed word or a phrase; all texts are folded."""

    text: str
    words: tuple[str, ...]
    runs: tuple[str, ...] = ()
    """Runs of letters of scripts without spaces, found as parts of texts."""
    joined: str = ""
    """`nodejs` for `node.js`."""
    split: tuple[str, ...] = ()
    """`blink` and `182` for `blink182`."""
    is_phrase: bool = False
    is_excluded: bool = False

    def is_in(self, text: str) -> bool:
        """Return whether a result of `searchable` contains the term, in any part of a word."""
        if self.is_phrase:
            return self.text in text
        if (self.joined and self.joined in text) or _all_in(self.split, text):
            return True
        return _all_in((*self.words, *self.runs), text)


Query = tuple[tuple[Term, ...], ...]
"""Alternatives; all terms of one must match."""


@lru_cache(maxsize=100)
def parse(q: str) -> Query:
    """Return the alternatives of the query that have words.

    `or` alone is a word, and an unclosed quote is a sign like any other.
    """
    alternatives: list[list[Term]] = [[]]
    ors: list[Term] = []
    for match in _TERM.finditer(q.translate(_QUOTES)):
        term = _term(match)
        if term and not term.is_excluded and (match["word"] or "").lower() == "or":
            alternatives.append([])
            ors.append(term)
        elif term:
            alternatives[-1].append(term)
    query = tuple(tuple(terms) for terms in alternatives if terms)
    return query if query or not ors else ((ors[0],),)


def wanted_terms(query: Query) -> Iterator[Term]:
    return (term for terms in query for term in terms if not term.is_excluded)


def excluded_spans(q: str) -> list[tuple[int, int]]:
    """Return start and stop of each excluded word and phrase."""
    return [match.span() for match in _TERM.finditer(q.translate(_QUOTES)) if match["minus"]]


def matches(query: Query, text: str) -> bool:
    """Return whether the query finds a result of `searchable`."""
    return any(all(term.is_in(text) != term.is_excluded for term in terms) for terms in query)


def searchable(*texts: str) -> str:
    """Return the texts folded, with `nodejs` beside `node js`."""
    folded = (fold_letters(text) for text in texts)
    return "\n".join(" ".join([words_of(text), *joined_words(text)]) for text in folded)


def for_postgres(query: Query) -> list[list[dict[str, object]]]:
    """Return the query as the argument of the SQL function `events_query`."""
    return [
        [asdict(term) | {"runs": [_pairs(run) for run in term.runs]} for term in terms]
        for terms in query
    ]


def _term(match: re.Match[str]) -> Term | None:
    letters = fold_letters(match["phrase"] if match["word"] is None else match["word"])
    text = words_of(letters)
    words, runs = dense_runs(text)
    if not words and not runs:
        return None
    joined = ""
    split: tuple[str, ...] = ()
    is_phrase = match["word"] is None
    if not is_phrase:
        compounds = joined_words(letters)
        if compounds == [words.replace(" ", "")]:
            joined = compounds[0]
        split = tuple(split_word(words))
    return Term(
        text=text,
        words=tuple(words.split()),
        runs=tuple(runs),
        joined=joined,
        split=split,
        is_phrase=is_phrase,
        is_excluded=match["minus"] is not None,
    )


def _pairs(run: str) -> str:
    """Return the run as a tsquery of pairs of letters, as `events_vector` indexes them."""
    codes = [f"{ord(letter):05x}" for letter in run]
    if len(codes) == 1:
        return f"'u{codes[0]}':*"
    return " <-> ".join(f"'u{code}{after}'" for code, after in pairwise(codes))


def _all_in(parts: tuple[str, ...], text: str) -> bool:
    return bool(parts) and all(part in text for part in parts)
