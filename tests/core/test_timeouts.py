"""Statements on PostgreSQL have timeouts for locks, running and idling."""

import time
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings

from core.database.timeouts import no_timeouts, timeouts
from tests.client import Api, refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real, pytest.mark.slow]

SET = override_settings(
    DATABASE_LOCK_TIMEOUT_S=3, DATABASE_STATEMENT_TIMEOUT_S=15, DATABASE_IDLE_TIMEOUT_S=30
)


def current_timeouts() -> tuple[str, ...]:
    """Return the timeouts of a statement: for a lock, for running, for an idle transaction."""
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
        row: tuple[str, ...] = cursor.fetchone()
        return row


class TestTimeouts:
    @SET
    def test_timeouts_outside_a_transaction(self) -> None:
        assert current_timeouts() == ("3s", "15s", "0")

    @SET
    def test_timeouts_inside_a_transaction(self) -> None:
        with transaction.atomic():
            assert current_timeouts() == current_timeouts() == ("3s", "15s", "30s")

    @SET
    def test_connection_keeps_no_timeouts(self) -> None:
        """PgBouncer in transaction mode gives the connection to another client next."""
        with transaction.atomic():
            current_timeouts()
        with no_timeouts():
            assert current_timeouts() == ("0", "0", "0")

    @SET
    def test_block_changes_one_timeout_and_restores_it(self) -> None:
        with transaction.atomic():
            with timeouts(lock_s=0.5):
                assert current_timeouts() == ("500ms", "15s", "30s")
            assert current_timeouts() == ("3s", "15s", "30s")

    @SET
    def test_rollback_to_a_savepoint_keeps_timeouts(self) -> None:
        with transaction.atomic():
            with transaction.atomic(), timeouts(lock_s=0.5):
                current_timeouts()
                transaction.set_rollback(True)
            assert current_timeouts() == ("3s", "15s", "30s")

    @SET
    def test_transaction_continues_after_an_error_in_a_savepoint(self) -> None:
        """A SET before the rollback fails in a failed transaction: catching an IntegrityError
        inside a transaction broke it."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute("SELECT 1 / 0")
            cursor.execute("SELECT 2")
            assert cursor.fetchone() == (2,)
            assert current_timeouts() == ("3s", "15s", "30s")

    @override_settings(DATABASE_LOCK_TIMEOUT_S=0, DATABASE_STATEMENT_TIMEOUT_S=0)
    def test_disabled_timeouts_stay_disabled(self) -> None:
        with timeouts(lock_s=1, statement_s=1):
            assert current_timeouts()[:2] == ("0", "0")

    @SET
    def test_statements_are_not_compiled(self) -> None:
        """PostgreSQL compiled the sums of the overview for 0.2 s, and ran them in 1 ms."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('jit')")
            outside = cursor.fetchone()
            with transaction.atomic():
                cursor.execute("SELECT current_setting('jit')")
                assert (outside, cursor.fetchone()) == (("off",), ("off",))

    @SET
    def test_timeouts_add_no_statement(self) -> None:
        with CaptureQueriesContext(connection) as captured:
            current_timeouts()
        assert [query["sql"].partition(",")[0] for query in captured] == [
            "SELECT current_setting('lock_timeout')"
        ]


class TestErrors:
    def test_slow_statement_is_503(self, as_ada: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        def sleep(*_: Any, **__: Any) -> None:
            with timeouts(statement_s=0.05), connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(60)")

        monkeypatch.setattr("events.views.events.EventPages.paginate_queryset", sleep)
        response = as_ada.client.get("/api/events/")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
        assert refusal(response.json()) == ("took_too_long",)

    def test_idle_transaction_ends(self) -> None:
        """The server closes the connection; the next statement opens a new one."""
        with override_settings(DATABASE_IDLE_TIMEOUT_S=0.05), pytest.raises(DatabaseError):
            self.idle_until_ended()
        assert current_timeouts()[2] == "0"

    @transaction.atomic
    def idle_until_ended(self) -> None:
        while True:
            current_timeouts()
            time.sleep(0.1)
