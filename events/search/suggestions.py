"""Suggestions of titles while the user types."""

from functools import lru_cache
from typing import Any

from django.db.models import BooleanField, F, Func, Value

from core.database.statements import Now, Statement
from events.models import Event
from events.search.folding import ends_in_sign, fold, is_dense
from events.search.periods import not_over, skip_those_over
from events.search.substrings import folded_column, holds

MOST = 10
# Titles repeat, for example in series, so more rows are read to find ten different titles.
_READ = 200
# Of one process: many people type the same beginnings, and compiling takes a third of the time.
_KEPT = 500


def suggest(typed: str) -> list[str]:
    """Return up to ten different titles of listed events that have not ended, soonest first.

    The typed text starts at any word of the title and can include several words. Case, accents and
    signs are ignored. In scripts without spaces it can be any part of the title.
    """
    beginning = fold(typed)
    if not beginning:
        return []
    if ends_in_sign(typed) and not is_dense(beginning):
        beginning += " "  # the last word is complete
    different: dict[str, str] = {}
    for (title,) in _soonest(beginning).rows(limit=_READ, offset=0):
        different.setdefault(fold(title), title)
        if len(different) == MOST:
            break
    return list(different.values())


@lru_cache(_KEPT)
def _soonest(beginning: str) -> Statement:
    events = not_over(Event.objects.listed(), Now())
    soonest = skip_those_over(events.filter(_BeginsWord(beginning))).order_by("start_time", "id")
    return Statement.of(soonest.values_list("title")).page()


def begins_word(title: str, beginning: str) -> bool:
    """Return whether a word of the title begins with the folded text, for SQLite."""
    text = f" {fold(title)} "
    return (beginning if is_dense(beginning) else f" {beginning}") in text


class _BeginsWord(Func):
    """A regular expression on PostgreSQL, which the trigram index of titles supports."""

    function = "begins_word"
    output_field = BooleanField()

    def __init__(self, beginning: str, **extra: Any) -> None:
        super().__init__(F("title"), Value(beginning), **extra)
        self.beginning = beginning

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        title, _typed = self.get_source_expressions()
        column = folded_column(title, compiler)
        if is_dense(self.beginning):
            return holds(column, self.beginning)
        if len(self.beginning) == 1:
            # Prevents the use of the index, which would find half of all titles.
            column = f"({column} || '')"
        # Folded text has no special characters of regular expressions.
        word, blank = self.beginning.rstrip(), self.beginning.endswith(" ")
        return f"{column} ~ %s", (f"(^| ){word}{'( |$)' if blank else ''}",)
