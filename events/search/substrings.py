"""Lookup of a part of a text; case, accents and signs are ignored."""

import re
from itertools import pairwise
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler

from events.search.folding import fold

# A trigram that the index contains in every locale.
_TRIGRAM = re.compile(r"[a-z0-9]{3}")

_SQL = tuple[str, tuple[Any, ...]]


def folded_column(text: Any, compiler: SQLCompiler) -> str:
    """Return the column in which PostgreSQL stores the folded title or location."""
    table = compiler.quote_name_unless_alias(text.alias)
    return f'{table}."{text.target.column}_folded"'


def holds(column: str, folded: str) -> _SQL:
    """Return the PostgreSQL condition that a folded column contains the folded text.

    Folded text has no wildcards. Text without a trigram uses the index of single letters and pairs,
    because the index of trigrams would be read completely.
    """
    if _TRIGRAM.search(folded):
        return f"{column} LIKE %s", (f"%{folded}%",)
    pairs = sorted({a + b for a, b in pairwise(folded)}) if len(folded) > 2 else [folded]
    return f"(strpos({column}, %s) > 0 AND events_pieces({column}) @> %s::text[])", (folded, pairs)


class Holds(Lookup):
    """Match fields whose folded text contains the folded value: `title__holds="jazz"`.

    `events.apps` registers it. A value of punctuation alone is compared unchanged. PostgreSQL
    supports titles and locations of events only, for which it stores the folded text.
    """

    lookup_name = "holds"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _SQL:
        field, params = self.process_lhs(compiler, connection)
        if folded := fold(str(self.rhs)):
            return f"instr(fold({field}), %s) > 0", (*params, folded)
        return f"instr({field}, %s) > 0", (*params, str(self.rhs))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> _SQL:
        if folded := fold(str(self.rhs)):
            return holds(folded_column(self.lhs, compiler), folded)
        field, params = self.process_lhs(compiler, connection)
        return f"strpos({field}, %s) > 0", (*params, str(self.rhs))
