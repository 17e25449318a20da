"""Statements for rows of models, built once instead of by each call.

For the hottest writes: the ORM takes longer to build a statement than PostgreSQL to run it (0.3 to
0.9 ms against 0.1, measured). Values are adapted and converted by the fields of the model, as the
ORM does, on every database. Nothing here sends a signal or follows a relation.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection, transaction
from django.db.models import Model

M = TypeVar("M", bound=Model)
_BATCH = 1000
_pending: ContextVar[list[str] | None] = ContextVar("pending_writes", default=None)


class Columns(Generic[M]):
    """The columns of a model in a SELECT, which names its table `alias`.

    Fields in `leave_out` are loaded when they are first used, as by `defer`.
    """

    def __init__(self, model: type[M], alias: str, *, leave_out: Collection[str] = ()) -> None:
        self._model = model
        self._alias = alias
        self._fields = [field for field in _fields(model) if field.name not in leave_out]
        self._names = [field.attname for field in self._fields]
        self.sql = ", ".join(f"{alias}.{_column(field)}" for field in self._fields)
        self._converters: dict[str, list[tuple[int, Any, Any]]] = {}

    def __len__(self) -> int:
        return len(self._fields)

    def typed(self) -> str:
        """Return the names, such as `event_id`, and types of the columns for a `QueryFunction`."""
        return ", ".join(
            f"{self._alias}_{field.column} {field.db_type(connection)}" for field in self._fields
        )

    def load(self, values: Sequence[Any]) -> M:
        """Return the object with these values of the columns."""
        values = list(values)
        for index, convert, column in self._converters_here():
            values[index] = convert(values[index], column, connection)
        return self._model.from_db(connection.alias, self._names, values)

    def _converters_here(self) -> list[tuple[int, Any, Any]]:
        """Return the position, function and column of each conversion for this database."""
        if connection.vendor not in self._converters:
            self._converters[connection.vendor] = [
                (index, convert, field.cached_col)
                for index, field in enumerate(self._fields)
                for convert in (
                    *connection.ops.get_db_converters(field.cached_col),
                    *field.cached_col.get_db_converters(connection),
                )
            ]
        return self._converters[connection.vendor]


def select_one(sql: str, params: Any, *, lock: str = "", after: str = "") -> Any:
    """Return the first row, or None.

    Where rows can be locked, `lock` is the locking clause, and `after` a locking SELECT that is
    sent in the same message: its locks cost no round trip, and the snapshot of `sql` is taken once
    they are held.
    """
    if (lock or after) and connection.features.has_select_for_update:
        assert connection.in_atomic_block, "A lock outside of a transaction protects nothing."
        sql = f"{after}; {sql} {lock}" if after else f"{sql} {lock}"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def select(sql: str, params: Any) -> list[Any]:
    """Return all rows. Pending writes are sent before, in the same message."""
    with connection.cursor() as cursor:
        if pending := _pending.get():
            sql, params = "; ".join([*pending, cursor.cursor.mogrify(sql, params).decode()]), None
            pending.clear()
        cursor.execute(sql, params)
        return list(cursor.fetchall())


@contextmanager
def brief_transaction() -> Iterator[None]:
    """Open a transaction that sends the writes of this module and COMMIT in one message.

    Everybody who waits for its locks waits for each of its round trips. Writes are kept until the
    end, or until any other statement, before which they are sent. Inside of another transaction
    this is a savepoint, as `atomic` is. SQLite, which is no server, writes at once.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor != "postgresql" or _pending.get() is not None:
            yield
            return
        pending: list[str] = []
        token = _pending.set(pending)
        try:
            with connection.execute_wrapper(_send_before):
                yield
                if pending and is_outermost and not connection.needs_rollback:
                    pending.append("COMMIT")
                _send(pending)
        finally:
            _pending.reset(token)


def _send_before(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    _send(_pending.get() or [])
    return execute(sql, params, many, context)


def _send(pending: list[str]) -> None:
    if pending:
        sql = "; ".join(pending)
        pending.clear()
        with connection.cursor() as cursor:
            cursor.execute(sql)


def _write(sql: str, params: Sequence[Any]) -> None:
    pending = _pending.get()
    with connection.cursor() as cursor:
        if pending is None:
            cursor.execute(sql, params)
        else:
            pending.append(cursor.cursor.mogrify(sql, params).decode())


def insert(rows: Sequence[Model]) -> None:
    """Insert objects of one model, with the IDs that they have, or those that the database assigns.

    Either all have one, or none.
    """
    for batch in _batches(rows):
        if batch[0].pk is not None:
            _write(*_insertion(batch, with_ids=True))
        else:
            sql, values = _insertion(batch)
            with connection.cursor() as cursor:
                cursor.execute(f"{sql} RETURNING {_column(batch[0]._meta.pk)}", values)
                for row, [pk] in zip(batch, cursor.fetchall(), strict=True):
                    row.pk = pk
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def insert_missing(rows: Sequence[Model]) -> None:
    """Insert objects of one model, except those that a unique constraint refuses.

    The objects do not get their IDs.
    """
    for batch in _batches(rows):
        sql, values = _insertion(batch)
        _write(f"{sql} ON CONFLICT DO NOTHING", values)


def update(rows: Sequence[Model], names: Collection[str] = ()) -> None:
    """Write these fields of objects of one model, or all; one statement for a thousand rows."""
    for batch in _batches(rows):
        [first, *more] = batch
        if more:
            sql, values = _insertion(batch, with_ids=True, names=names)
            _write(f"{sql} {_conflict(type(first), tuple(names))}", values)
        else:
            sql, fields = _change(type(first), tuple(names))
            _write(sql, [*_values(first, fields), first.pk])


def _insertion(
    rows: Sequence[Model], *, with_ids: bool = False, names: Collection[str] = ()
) -> tuple[str, list[Any]]:
    sql, fields = _insert_into(type(rows[0]), with_ids)
    row = f"({', '.join(['%s'] * len(fields))})"
    values = [value for item in rows for value in _values(item, fields, names)]
    return f"{sql} {', '.join([row] * len(rows))}", values


@cache
def _insert_into(model: type[Model], with_ids: bool) -> tuple[str, list[Any]]:
    fields = [field for field in _fields(model) if with_ids or not field.primary_key]
    columns = ", ".join(map(_column, fields))
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES', fields


@cache
def _conflict(model: type[Model], names: tuple[str, ...]) -> str:
    """Return the end of an INSERT that finds all rows and changes them.

    `UPDATE … FROM (VALUES …)` would need the type of each column.
    """
    assignments = ", ".join(
        f"{_column(field)} = excluded.{_column(field)}" for field in _changed(model, names)
    )
    return f"ON CONFLICT ({_column(model._meta.pk)}) DO UPDATE SET {assignments}"


@cache
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    fields = _changed(model, names)
    assignments = ", ".join(f"{_column(field)} = %s" for field in fields)
    table, key = model._meta.db_table, _column(model._meta.pk)
    return f'UPDATE "{table}" SET {assignments} WHERE {key} = %s', fields  # noqa: S608


def _fields(model: type[Model]) -> list[Any]:
    return list(model._meta.concrete_fields)


def _changed(model: type[Model], names: Collection[str]) -> list[Any]:
    return [
        field
        for field in _fields(model)
        if not field.primary_key and (not names or field.name in names)
    ]


def _column(field: Any) -> str:
    """Return the quoted name; both databases quote with double quotes."""
    return f'"{field.column}"'


def _values(row: Model, fields: Sequence[Any], names: Collection[str] = ()) -> list[Any]:
    """Return the values to store. Only fields in `names` get new times of `auto_now`."""
    is_new = row._state.adding
    return [
        field.get_db_prep_save(
            getattr(row, field.attname)
            if names and field.name not in names
            else field.pre_save(row, is_new),
            connection=connection,
        )
        for field in fields
    ]


def _batches(rows: Sequence[Model]) -> Iterator[Sequence[Model]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
