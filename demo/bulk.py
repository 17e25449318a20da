"""Insert very many rows into PostgreSQL: drop indexes and constraints, and rebuild them once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

TABLES = ["events_event", "events_tally", "events_rating", "events_event_tags"]


@contextmanager
def bulk_loading() -> Iterator[None]:
    """Insert rows in this block without updating indexes for each row.

    The transaction blocks all other readers of these tables until it ends. It restores indexes,
    foreign keys and unique constraints; after an error nothing has changed. Primary keys are kept.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        connection.check_constraints()  # PostgreSQL alters no table with pending checks
        constraints, indexes = _constraints(cursor), _indexes(cursor)
        for table, name, _ in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {_quoted(name)}")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {_quoted(name)}")
        cursor.execute("ALTER TABLE events_event DISABLE TRIGGER note_words_of_new")
        yield
        cursor.execute("ALTER TABLE events_event ENABLE TRIGGER note_words_of_new")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in constraints:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(name)} {definition}")


def _constraints(cursor: CursorWrapper) -> list[tuple[str, str, str]]:
    """Return table, name and definition: unique constraints first, then foreign keys."""
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('u', 'f')"
        " ORDER BY contype DESC, conname",
        [TABLES],
    )
    rows: list[Any] = cursor.fetchall()
    return rows


def _indexes(cursor: CursorWrapper) -> list[tuple[str, str]]:
    """Return name and definition of the indexes that belong to no constraint."""
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
