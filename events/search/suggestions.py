"""Type-ahead: titles of which a word begins like what was typed so far."""

import re
from typing import Any

from django.db.models import BooleanField, F, Func, Value
from django.utils import timezone

from events.models import Event
from events.search.parts import fold, folded_column
from events.search.periods import not_over, skip_those_over

MOST = 10
# Titles repeat, every week's class does: so many are read to find ten different ones.
_READ = 200


def suggest(typed: str) -> list[str]:
    """At most ten titles of listed events that have not ended, the soonest first, each once.

    What was typed is the beginning of any of their words, and may go on over
    several; case and accents do not matter.
    """
    beginning = re.sub(r"^[\W_]+", "", typed)
    if not beginning:
        return []
    events = not_over(Event.objects.listed(), timezone.now())
    begins = _BeginsWord(beginning)
    soonest = skip_those_over(events.filter(begins)).order_by("start_time", "id")
    titles = soonest.values_list("title", flat=True)
    different: dict[str | None, str] = {}
    for title in titles[:_READ]:
        different.setdefault(fold(title), title)
    return list(different.values())[:MOST]


def begins_word(title: str, beginning: str) -> bool:
    """What SQLite asks, a row at a time."""
    pattern = rf"(?<![^\W_]){re.escape(fold(beginning) or '')}"
    return re.search(pattern, fold(title) or "") is not None


class _BeginsWord(Func):
    """On PostgreSQL a regular expression, which the trigram index of titles can read."""

    function = "begins_word"
    output_field = BooleanField()

    def __init__(self, beginning: str, **extra: Any) -> None:
        super().__init__(F("title"), Value(beginning), **extra)
        self.beginning = beginning

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Any:
        title, typed = self.get_source_expressions()
        beginning, params = compiler.compile(typed)
        # Escaped after the folding, which turns a wide ％ into a sign of its own.
        sign = r"'([^[:alnum:][:space:]])', '\\\1', 'g'"
        literal = f"regexp_replace(events_fold({beginning}), {sign})"
        column = folded_column(title, compiler)
        if len(self.beginning) == 1:
            # In the index that is half of all titles: those to come are fewer.
            column = f"({column} || '')"
        return rf"{column} ~ ('\m' || {literal})", params
