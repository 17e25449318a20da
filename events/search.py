"""Finding events by words: the one place that knows how the databases differ.

PostgreSQL: a generated, indexed `tsvector` column (title A, location C,
description D; unaccented, English stems), `websearch_to_tsquery` and `ts_rank`.
The column is made by a migration and unknown to the model, so that no SELECT
drags it along. SQLite: all words, wherever they stand, titles first.

Source: https://www.postgresql.org/docs/current/textsearch-controls.html
"""

import unicodedata
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


def matching(events: EventQuerySet, words: str, *, ranked: bool) -> EventQuerySet:
    """The events that hold the words; `ranked` gives each its `relevance`.

    Words, "phrases", -without and or work on PostgreSQL; on SQLite all the
    words must be there.
    """
    if connections[events.db].vendor == "postgresql":
        query = SearchQuery(words, config=SEARCH_CONFIG, search_type="websearch")
        found = events.filter(_Matches(_SearchColumn(), query))
        relevance: Any = SearchRank(_SearchColumn(), query)
    else:
        found, in_title = events, Q()
        for word in words.split():
            found = found.filter(
                Q(title__holds=word) | Q(location__holds=word) | Q(description__holds=word)
            )
            in_title &= Q(title__holds=word)
        relevance = Case(
            When(in_title, then=Value(1)), default=Value(0), output_field=IntegerField()
        )
    return found.annotate(relevance=relevance) if ranked else found


class RankedPagination(PagePagination):
    """Best first among the soonest 1,000 matches, the rest after them by date."""

    def read_rows(self, queryset: Any, start: int, stop: int) -> list[Event]:
        if "relevance" not in queryset.query.annotations:
            return super().read_rows(queryset, start, stop)
        by_date = queryset.order_by("start_time", "id")
        rows: list[Event] = []
        if start < RANKED_MATCHES:
            soonest = by_date.values("pk")[:RANKED_MATCHES]
            ranked = queryset.filter(pk__in=soonest).order_by("-relevance", "start_time", "id")
            rows = list(ranked[start : min(stop, RANKED_MATCHES)])
        if stop > RANKED_MATCHES:
            rows += by_date[max(start, RANKED_MATCHES) : stop]
        return rows
