"""Full-text search.

PostgreSQL: an indexed `tsvector` column (title A, location C, description D), filled by a trigger.
It is not in the model, so that no SELECT loads it. It has each word, its English stem, and pairs of
letters of scripts without spaces; `events_query` searches all three. SQLite: parts of words in each
row, matches in titles first.

Source: https://www.postgresql.org/docs/current/textsearch-controls.html
"""

from typing import Any

import orjson
from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db import connections
from django.db.models import BooleanField, F, FloatField, Func, Value

from events.models import EventQuerySet
from events.search import query_syntax


def matching(events: EventQuerySet, q: str) -> EventQuerySet:
    """Return the events that match the query: all if it is empty, none if it has only signs."""
    if not q.strip():
        return events
    if not query_syntax.parse(q):
        return events.none()
    if connections[events.db].vendor == "postgresql":
        return events.filter(_Matches(_SearchColumn(), _PostgresQuery(q)))
    return events.filter(_FoundInRow(q, "title", "location", "description"))


def relevance(q: str, *, vendor: str) -> Any:
    """Return an expression to sort matching events by their relevance."""
    if vendor == "postgresql":
        query = _PostgresQuery(q)
        return Func(_SearchColumn(), query, function="ts_rank", output_field=FloatField())
    return _FoundInRow(q, "title")


def found_in(q: str, *texts: str) -> bool:
    """Return whether the query finds the texts, for SQLite."""
    return query_syntax.matches(query_syntax.parse(q), query_syntax.searchable(*texts))


class _SearchColumn(Func):
    """The `search` column of the event (PostgreSQL only)."""

    def __init__(self, *expressions: Any) -> None:
        super().__init__(*(expressions or (F("pk"),)), output_field=SearchVectorField())

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        [key] = self.get_source_expressions()
        return f"{compiler.quote_name_unless_alias(key.alias)}.search", ()


class _PostgresQuery(Func):
    """The parsed query as a tsquery, which PostgreSQL evaluates once, while planning."""

    function = "events_query"
    template = "%(function)s(%(expressions)s::jsonb)"

    def __init__(self, q: str, **extra: Any) -> None:
        parsed = orjson.dumps(query_syntax.for_postgres(query_syntax.parse(q))).decode()
        super().__init__(Value(parsed), output_field=SearchQueryField(), **extra)


class _Matches(Func):
    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()


class _FoundInRow(Func):
    """The condition that the query matches these columns, for SQLite."""

    function = "found_in"
    output_field = BooleanField()

    def __init__(self, q: str, *columns: str) -> None:
        super().__init__(Value(q), *(F(column) for column in columns))
