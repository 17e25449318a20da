"""A part of a text, whatever the case and the accents."""

import unicodedata
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, Lookup, TextField
from django.db.models.sql.compiler import SQLCompiler


def fold(text: str | None) -> str | None:
    """Lower case without accents, so that `zurich` finds Zürich."""
    return None if text is None else "".join(fold_character(each) for each in text)


def fold_character(character: str) -> str:
    """One may become several: ß is ss."""
    decomposed = unicodedata.normalize("NFKD", character.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


@CharField.register_lookup
@TextField.register_lookup
class Holds(Lookup):
    """`field__holds="text"`: a substring, whatever the case (on SQLite too, beyond ASCII).

    On PostgreSQL exactly the expression that the trigram indexes are made of.
    """

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
        # Escaped after the folding, which turns a wide ％ into a wildcard.
        pattern = r"'%%' || regexp_replace(events_fold(%s), '([\\%%_])', '\\\1', 'g') || '%%'"
        return f"events_fold({field}) LIKE {pattern}", (*params, str(self.rhs))
