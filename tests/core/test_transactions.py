"""Transactions on PostgreSQL begin with their first statement, in the same message."""

from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from core.database.rows import brief_transaction
from tests.factories import CategoryFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real]


def server_status() -> int:
    return int(connection.connection.get_transaction_status())


def committed(name: str) -> bool:
    """Return whether a connection of its own sees the category."""
    other = psycopg2.connect(**connection.get_connection_params())
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM events_category WHERE name = %s", [name])
            return bool(cursor.fetchone()[0])
    finally:
        other.close()


def insert_one(name: str) -> None:
    CategoryFactory.create(name=name)


def insert_many(name: str) -> None:
    with connection.cursor() as cursor:
        sql = "INSERT INTO events_category (name, slug, description) VALUES (%s, %s, '')"
        cursor.executemany(sql, [(name, name)])


@pytest.mark.parametrize("insert", [insert_one, insert_many])
def test_commit_and_rollback(insert: Any) -> None:
    for name, is_rolled_back in (("kept", False), ("dropped", True)):
        with transaction.atomic():
            connection.ensure_connection()
            assert server_status() == TRANSACTION_STATUS_IDLE
            insert(name)
            assert server_status() == TRANSACTION_STATUS_INTRANS
            assert not committed(name)
            transaction.set_rollback(is_rolled_back)
        assert server_status() == TRANSACTION_STATUS_IDLE
        assert committed(name) != is_rolled_back


@pytest.mark.parametrize("sql", ["SELECT 1 / 0", "SELEC 1"], ids=["runtime", "syntax"])
def test_failed_first_statement_leaves_the_connection_usable(sql: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert server_status() == TRANSACTION_STATUS_IDLE
    with transaction.atomic():
        CategoryFactory.create(name="kept")
    assert committed("kept")


def test_failed_commit_raises() -> None:
    """Foreign keys are checked when the transaction ends."""
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO events_event_tags (event_id, tag_id) VALUES (0, 0)")
    assert server_status() == TRANSACTION_STATUS_IDLE
    assert not connection.needs_rollback


def test_statement_after_a_brief_transaction_has_one_of_its_own() -> None:
    with brief_transaction():
        CategoryFactory.create(name="first")
    with transaction.atomic():
        CategoryFactory.create(name="second")
        transaction.set_rollback(True)
    assert (committed("first"), committed("second")) == (True, False)
