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


def folded_column(text: Any, compiler: SQLCompiler) -> str:
    """The column that PostgreSQL keeps beside the title or the location of an event."""
    table = compiler.quote_name_unless_alias(text.alias)
    return f'{table}."{text.target.column}_folded"'


@CharField.register_lookup
@TextField.register_lookup
class Holds(Lookup):
    """`field__holds="text"`: a substring, whatever the case (on SQLite too, beyond ASCII).

    On PostgreSQL for titles and locations of events alone, which are kept folded.
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
        column, text = folded_column(self.lhs, compiler), str(self.rhs)
        if len(text) < 3 or not any(letter.isalnum() for letter in text):
            # It has no trigram, and the index of trigrams would be read from end to end.
            # Folding keeps the number of plain letters.
            is_piece = len(text) < 3 and text.isascii()
            pieces = "ARRAY[events_fold(%s)]" if is_piece else "events_pieces(events_fold(%s))"
            return (
                f"(strpos({column}, events_fold(%s)) > 0 AND events_pieces({column}) @> {pieces})",
                (text, text),
            )
        # Escaped after the folding, which turns a wide ％ into a wildcard.
        pattern = r"'%%' || regexp_replace(events_fold(%s), '([\\%%_])', '\\\1', 'g') || '%%'"
        return f"{column} LIKE ({pattern})", (text,)
