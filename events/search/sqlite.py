"""What SQLite has to be taught before it can find anything."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from events.search.parts import fold
from events.search.places import kilometres
from events.search.suggestions import begins_word


def teach(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        learn = connection.connection.create_function
        learn("fold", 1, fold, deterministic=True)
        learn("kilometres", 4, kilometres, deterministic=True)
        learn("begins_word", 2, begins_word, deterministic=True)


connection_created.connect(teach)
