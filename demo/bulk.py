"""Very many rows into PostgreSQL: what is kept up row by row is taken away and built once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

TABLES = ["events_event", "events_tally", "events_rating", "events_event_tags"]


@contextmanager
def loading() -> Iterator[None]:
    """One transaction, which no other reader of these tables gets past until it ends.

    Indexes, foreign keys and unique constraints come back as they were, and with
    a failure nothing has changed. Primary keys stay.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        connection.check_constraints()  # no table is altered while a row is still to be checked
        taken, rebuilt = _constraints(cursor), _indexes(cursor)
        for table, name, _ in taken:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {_quoted(name)}")
        for name, _ in rebuilt:
            cursor.execute(f"DROP INDEX {_quoted(name)}")
        cursor.execute("ALTER TABLE events_event DISABLE TRIGGER note_words_of_new")
        yield
        cursor.execute("ALTER TABLE events_event ENABLE TRIGGER note_words_of_new")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for _, definition in rebuilt:
            cursor.execute(definition)
        for table, name, definition in taken:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(name)} {definition}")


def _constraints(cursor: CursorWrapper) -> list[tuple[str, str, str]]:
    """Table, name and definition: unique ones first, then what refers to other rows."""
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('u', 'f')"
        " ORDER BY contype DESC, conname",
        [TABLES],
    )
    rows: list[Any] = cursor.fetchall()
    return rows


def _indexes(cursor: CursorWrapper) -> list[tuple[str, str]]:
    """Name and definition of all that belong to no constraint."""
    cursor.execute(
        "SELECT relname, pg_get_indexdef(indexrelid)"
        " FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE indrelid = ANY(%s::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
        " ORDER BY indexrelid",
        [TABLES],
    )
    rows: list[Any] = cursor.fetchall()
    return rows


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
