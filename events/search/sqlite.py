"""What SQLite has to be taught before it can find anything."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from events.search.folding import fold
from events.search.places import kilometres
from events.search.suggestions import begins_word
from events.search.words import found_in


def teach(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        learn = connection.connection.create_function
        learn("fold", 1, _fold_or_null, deterministic=True)
        learn("kilometres", 4, kilometres, deterministic=True)
        learn("begins_word", 2, begins_word, deterministic=True)
        learn("found_in", -1, found_in, deterministic=True)


def _fold_or_null(text: str | None) -> str | None:
    return None if text is None else fold(text)


connection_created.connect(teach)
