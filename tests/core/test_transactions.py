"""Transactions on PostgreSQL begin with their first statement, in the same message."""

from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import override_settings
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from core.database import rows
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
    category = CategoryFactory.create()
    with brief_transaction():
        category.name = "first"
        rows.update([category])
    with transaction.atomic():
        CategoryFactory.create(name="second")
        transaction.set_rollback(True)
    assert (committed("first"), committed("second")) == (True, False)


@pytest.mark.parametrize("ending", ["_commit", "_rollback"])
def test_interrupted_end_commits_nothing_later(
    monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """A time limit can end a task right before COMMIT or ROLLBACK is sent."""

    def interrupt(*_: Any) -> None:
        raise TimeoutError

    @transaction.atomic
    def insert() -> None:
        insert_one("first")
        transaction.set_rollback(ending == "_rollback")

    with monkeypatch.context() as patch:
        patch.setattr(connection, ending, interrupt)
        with pytest.raises((TimeoutError, ProgrammingError)):
            insert()
    with transaction.atomic():
        insert_one("second")
    assert (committed("first"), committed("second")) == (False, True)


def test_timeouts_after_another_transaction() -> None:
    with override_settings(DATABASE_LOCK_TIMEOUT_S=3):
        for insert in (insert_one, insert_many):
            with transaction.atomic():
                insert(insert.__name__)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT current_setting('lock_timeout'), current_setting('jit')")
                    assert cursor.fetchone() == ("3s", "off")
