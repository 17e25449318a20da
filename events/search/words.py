"""Finding events by words: the one place that knows how the databases differ.

PostgreSQL: a generated, indexed `tsvector` column (title A, location C,
description D; unaccented, English stems), `websearch_to_tsquery` and `ts_rank`.
The column is made by a migration and unknown to the model, so that no SELECT
drags it along. SQLite: all words, wherever they stand, titles first.

Source: https://www.postgresql.org/docs/current/textsearch-controls.html
"""

import unicodedata
from functools import reduce
from operator import and_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVectorField
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    F,
    Func,
    IntegerField,
    Lookup,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import OrderBy
from django.db.models.sql.compiler import SQLCompiler

from config.pagination import PagePagination
from events.models import Event, EventQuerySet

SEARCH_CONFIG = "english_unaccent"
# Ranking reads each match, and a common word has hundreds of thousands.
RANKED_MATCHES = 1000


def fold(text: str | None) -> str | None:
    """Lower case without accents, so that `zurich` finds Zürich."""
    if text is None:
        return None
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def teach_sqlite(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function("fold", 1, fold, deterministic=True)


connection_created.connect(teach_sqlite)


@CharField.register_lookup
@TextField.register_lookup
class Holds(Lookup):
    """`field__holds="text"`: a substring, whatever the case (on SQLite too, beyond ASCII)."""

    lookup_name = "holds"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        field, params = self.process_lhs(compiler, connection)
        return f"instr(fold({field}), %s) > 0", (*params, fold(str(self.rhs)))

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        field, params = self.process_lhs(compiler, connection)
        pattern = connection.ops.prep_for_like_query(str(self.rhs))
        return f"unaccent({field}) ILIKE unaccent(%s)", (*params, f"%{pattern}%")


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


class RankedPagination(PagePagination):
    """Best first among the soonest 1,000 matches, the rest after them by date.

    Takes the matches by date. Where the client asked for another order, or for
    no words, that is what it gets.
    """

    def read_rows(self, queryset: EventQuerySet, start: int, stop: int) -> list[Event]:
        asked = self.request.query_params if self.request else {}
        words = asked.get("q", "").strip()
        if not words or asked.get("sort", "") not in ("", "relevance"):
            return super().read_rows(queryset, start, stop)
        rows: list[Event] = []
        if start < RANKED_MATCHES:
            # Only by their ids: if the search were repeated here, PostgreSQL without fresh
            # statistics would run the inner query once a row (9 s at 20,000 events).
            soonest = Event.objects.filter(pk__in=queryset.values("pk")[:RANKED_MATCHES])
            vendor = connections[queryset.db].vendor
            ranked = soonest.with_details().order_by(
                OrderBy(relevance(words, vendor=vendor), descending=True), "start_time", "id"
            )
            rows = list(ranked[start : min(stop, RANKED_MATCHES)])
        if stop > RANKED_MATCHES:
            rows += queryset[max(start, RANKED_MATCHES) : stop]
        return rows
