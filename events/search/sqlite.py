"""SQL functions that searches on SQLite call."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from events.search.folding import fold
from events.search.full_text import found_in
from events.search.places import kilometres
from events.search.suggestions import begins_word


def create_functions(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Create the functions of a new SQLite connection; `events.apps` connects this."""
    if connection.vendor == "sqlite":
        create = connection.connection.create_function
        create("fold", 1, _fold_or_null, deterministic=True)
        create("kilometres", 4, kilometres, deterministic=True)
        create("begins_word", 2, begins_word, deterministic=True)
        create("found_in", -1, found_in, deterministic=True)


def _fold_or_null(text: str | None) -> str | None:
    return None if text is None else fold(text)
