"""Django's PostgreSQL backend, with fewer round trips and timeouts for every statement.

BEGIN is sent in the message of the first statement of a transaction, and COMMIT only if the server
is in one. psycopg2 would send BEGIN as a message of its own, so its connections stay in autocommit
mode, and libpq tells whether a transaction is open. BEGIN has the isolation level of the server,
and only `execute` and `executemany` of Django's cursors send it: no `callproc`, no `copy_expert`.

PgBouncer refuses connections that set timeouts at their start (`options=-c …`), and in transaction
mode a plain SET would apply to the next client of the server connection. So `SET LOCAL` is sent in
front of the first statement of each transaction, and of each statement outside of one, in the same
message: it costs no round trip (3 µs a statement, measured).

The same prefix turns off PostgreSQL's JIT compiler. It compiles for 0.1 to 0.2 s whenever the
planner expects a slow query, as it does without fresh statistics, and saves less here.
"""

import select
from typing import Any

from django.db import ProgrammingError
from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.utils import debug_transaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from core.database import timeouts
from core.database.timeouts import NONE, Timeouts

_BEGIN = "BEGIN;"
_PREFIX = "SET LOCAL lock_timeout="
# Marks the end of the prefix, for readers of the statement log.
_END = "/**/ "
_ENDS_FAILURE = "ROLLBACK TO SAVEPOINT"
# Outside of a transaction some statements, such as VACUUM, must be sent alone.
_MAY_FOLLOW = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "(SELECT")


class Operations(DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """Return the SQL without the prefix."""
        query = super().last_executed_query(cursor, sql, params)
        is_prefixed = query and query.startswith((_BEGIN, _PREFIX))
        return query.partition(_END)[2] if is_prefixed else query


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = Operations

    # The timeouts set in this transaction; None: those of the server.
    _applied: Timeouts | None = None

    def init_connection_state(self) -> None:
        self._applied = None
        super().init_connection_state()
        if self._prefixed not in self.execute_wrappers:
            # Not at the end: `execute_wrapper` removes the last one when its block ends.
            self.execute_wrappers.insert(0, self._prefixed)

    def is_usable(self) -> bool:
        """Ask the server only after an error, or if it has sent something.

        A server that restarts, or ends a connection, closes the socket. A look at the socket finds
        that too, without a round trip at the first statement of each request.
        """
        if not self.errors_occurred and _is_silent(self.connection):
            return True
        return bool(super().is_usable())

    def _prefixed(
        self, execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        prefix = ""
        # A failed transaction refuses SET, and with it the rest of the message.
        if isinstance(sql, str) and not many and not sql.startswith(_ENDS_FAILURE):
            prefix = _alone(sql) if self.autocommit else self._in_transaction()
        elif not (self.autocommit or self.has_begun()):
            self._send(_BEGIN)
            self._applied = None
        return execute(f"{prefix}{_END}{sql}" if prefix else sql, params, many, context)

    def _in_transaction(self) -> str:
        begin = "" if self.has_begun() else _BEGIN
        if begin:
            self._applied = None
        wanted = timeouts.current()
        if wanted == (self._applied or NONE):
            return begin
        self._applied = wanted
        idle = f"SET LOCAL idle_in_transaction_session_timeout={wanted.idle_ms};"
        return f"{begin}{_settings(wanted)}{idle}"

    def has_begun(self) -> bool:
        """Return whether the server is in a transaction, and may hold locks for it."""
        if self.connection is None:
            return False
        return bool(self.connection.get_transaction_status() != TRANSACTION_STATUS_IDLE)

    def _set_autocommit(self, autocommit: bool) -> None:
        if autocommit and self.has_begun():
            # An exception, such as a time limit, came before COMMIT or ROLLBACK was sent. The next
            # transaction would commit this one too.
            self.close()
            raise ProgrammingError("The connection was closed: a transaction was left open.")
        super()._set_autocommit(True)  # type: ignore[misc]

    def _commit(self) -> None:
        self._end("COMMIT")

    def _rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, command: str) -> None:
        with debug_transaction(self, command), self.wrap_database_errors:
            if self.has_begun():
                self._send(command)

    def _send(self, command: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(command)

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        # It also reverts settings made since the savepoint.
        self._applied = None


def _alone(sql: str) -> str:
    wanted = timeouts.current()
    if wanted == NONE or not sql.lstrip()[:7].upper().startswith(_MAY_FOLLOW):
        return ""
    return _settings(wanted)


def _settings(wanted: Timeouts) -> str:
    statement = f"SET LOCAL statement_timeout={wanted.statement_ms};"
    return f"{_PREFIX}{wanted.lock_ms};{statement}SET LOCAL jit=off;"


def _is_silent(connection: Any) -> bool:
    if connection.closed:
        return False
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return not poller.poll(0)
