"""Database errors become the same responses, wherever they are raised."""

import sqlite3
from contextlib import closing
from typing import Any
from unittest.mock import Mock

import psycopg2.errors
import pytest
from django.db import (
    DatabaseError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
)
from django.test import Client

from accounts.models import User
from config.celery import app
from core.celery_task import LOCK_RETRIES
from core.database.errors import refusal_of
from core.errors import Busy, DatabaseUnavailable, TookTooLong
from events.models import Event
from tests.client import Api, refusal
from tests.factories import event_body

pytestmark = pytest.mark.both


class _PostgresError(Exception):
    """Stand in for psycopg's errors, which cannot be created with a code."""

    def __init__(self, pgcode: str) -> None:
        self.pgcode = pgcode


def locked() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


def raised(kind: type[DatabaseError], cause: Exception) -> DatabaseError:
    """Return the error wrapped like Django does."""
    error = kind("…")
    error.__cause__ = cause
    return error


BUSY = raised(OperationalError, _PostgresError("55P03"))


def raising(error: Exception) -> Any:
    def raise_it(*_: Any, **__: Any) -> None:
        raise error

    return raise_it


@pytest.mark.parametrize(
    ("kind", "cause", "expected"),
    [
        pytest.param(OperationalError, _PostgresError("55P03"), Busy, id="lock-timeout"),
        pytest.param(OperationalError, _PostgresError("40P01"), Busy, id="deadlock"),
        pytest.param(OperationalError, _PostgresError("40001"), Busy, id="serialization"),
        pytest.param(OperationalError, locked(), Busy, id="sqlite-locked"),
        pytest.param(
            OperationalError, _PostgresError("57014"), TookTooLong, id="statement-timeout"
        ),
        pytest.param(OperationalError, _PostgresError("57P01"), DatabaseUnavailable, id="shutdown"),
        pytest.param(
            OperationalError, psycopg2.OperationalError("gone"), DatabaseUnavailable, id="gone"
        ),
        pytest.param(InternalError, _PostgresError("25P03"), DatabaseUnavailable, id="idled"),
        pytest.param(InternalError, _PostgresError("25P02"), type(None), id="aborted-transaction"),
        pytest.param(ProgrammingError, _PostgresError("42P01"), type(None), id="no-such-table"),
    ],
)
def test_database_errors_have_their_response(
    kind: type[DatabaseError], cause: Exception, expected: type
) -> None:
    assert type(refusal_of(raised(kind, cause))) is expected


class TestWhereItIsRaised:
    def test_error_in_the_api(self, as_ada: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("events.views.events.EventPages.paginate_queryset", raising(BUSY))
        response = as_ada.client.get("/api/events/")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
        assert refusal(response.json()) == ("too_busy",)

    def test_error_in_an_admin_view(
        self, alma: User, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The admin showed a page with status 500."""
        client.force_login(alma)
        monkeypatch.setattr("events.admin.EventAdmin.get_queryset", raising(BUSY))
        response = client.get("/admin/events/event/")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
        assert response.headers["Content-Type"].startswith("text/html")

    @pytest.mark.parametrize("path", ["/api/nope/", "/admin/"])
    def test_error_in_middleware(
        self, path: str, client: Client, monkeypatch: pytest.MonkeyPatch, db: None
    ) -> None:
        """The status was 500."""
        client.raise_request_exception = False
        middleware = "core.middleware.SlashMiddleware.process_request"
        monkeypatch.setattr(middleware, raising(BUSY))
        response = client.get(path)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")


@pytest.mark.embedded
@pytest.mark.django_db(transaction=True)
def test_second_writer_on_sqlite_gets_busy(as_olive: Api) -> None:
    """SQLite has one lock for all writers."""
    as_olive.get("/categories/")  # loads the user, so that only the write waits
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        response = as_olive.client.post("/api/events/", event_body(), format="json")
        other.execute("ROLLBACK")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert refusal(response.json()) == ("too_busy",)
    assert not Event.objects.exists()
    connection.close()


class TestTasks:
    def run(self, *outcomes: Exception | None) -> int:
        """Run a task with these outcomes in turn; return how often it was called."""
        remaining = list(outcomes)

        @app.task(name="tests.meets", shared=False)  # type: ignore[untyped-decorator]
        def meet() -> None:
            error = remaining.pop(0)
            if error:
                raise error

        try:
            meet.apply().get()
        finally:
            app.tasks.unregister("tests.meets")
        return len(outcomes) - len(remaining)

    @pytest.mark.parametrize("error", [BUSY, Busy()], ids=["timeout", "line-stands-still"])
    def test_task_is_retried_after_a_lock(self, error: Exception) -> None:
        assert self.run(error, error, None) == 3

    def test_task_stops_retrying(self) -> None:
        with pytest.raises(OperationalError):
            self.run(*[BUSY] * (LOCK_RETRIES + 1), None)

    def test_task_is_not_retried_after_other_errors(self) -> None:
        with pytest.raises(ZeroDivisionError):
            self.run(ZeroDivisionError(), None)


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
class TestConnectionBetweenRequests:
    """The server may have ended it, by a restart or a timeout."""

    @pytest.fixture(autouse=True)
    def _next_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connection.ensure_connection()
        monkeypatch.setattr(connection, "health_check_done", False)
        monkeypatch.setattr(connection, "health_check_enabled", True)

    def test_ended_connection_is_replaced_without_an_error(self) -> None:
        ended = connection.connection.info.backend_pid
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
        assert not User.objects.exists()
        assert connection.connection.info.backend_pid != ended

    def test_live_connection_costs_no_round_trip(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = Mock()
        monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.is_usable", asked)
        assert not User.objects.exists()
        assert asked.call_count == 0

    def test_connection_is_asked_after_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = Mock(return_value=True)
        monkeypatch.setattr("django.db.backends.postgresql.base.DatabaseWrapper.is_usable", asked)
        connection.errors_occurred = True
        connection.close_if_unusable_or_obsolete()
        assert asked.call_count == 1
