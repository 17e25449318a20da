"""Events by their words.

PostgreSQL: a generated, indexed `tsvector` column (title A, location C,
description D; unaccented, English stems), `websearch_to_tsquery` and `ts_rank`.
The column is made by a migration and unknown to the model, so that no SELECT
drags it along. SQLite: all words, wherever they stand, titles first.

Source: https://www.postgresql.org/docs/current/textsearch-controls.html
"""

from functools import reduce
from operator import and_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVectorField
from django.db import connections
from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, Value, When

from events.models import EventQuerySet

SEARCH_CONFIG = "english_unaccent"


class _SearchColumn(Func):
    """The `search` column of the event that the query is about (PostgreSQL only)."""

    def __init__(self, *expressions: Any) -> None:
        super().__init__(*(expressions or (F("pk"),)), output_field=SearchVectorField())

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        [key] = self.get_source_expressions()
        return f"{compiler.quote_name_unless_alias(key.alias)}.search", ()


class _Matches(Func):
    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


def matching(events: EventQuerySet, words: str) -> EventQuerySet:
    """The events that hold the words.

    Words, "phrases", -without and or work on PostgreSQL; on SQLite all the
    words must be there.
    """
    if connections[events.db].vendor == "postgresql":
        return events.filter(_Matches(_SearchColumn(), _query(words)))
    for word in words.split():
        events = events.filter(
            Q(title__holds=word) | Q(location__holds=word) | Q(description__holds=word)
        )
    return events


def relevance(words: str, *, vendor: str) -> Any:
    """How well an event that matches does so, as an expression to order by."""
    if vendor == "postgresql":
        return SearchRank(_SearchColumn(), _query(words))
    in_title = reduce(and_, (Q(title__holds=word) for word in words.split()))
    return Case(When(in_title, then=Value(1)), default=Value(0), output_field=IntegerField())


def _query(words: str) -> SearchQuery:
    return SearchQuery(words, config=SEARCH_CONFIG, search_type="websearch")
