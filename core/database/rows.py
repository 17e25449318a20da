"""Statements for rows of models, built once instead of by each call.

For the hottest writes: the ORM takes longer to build a statement than PostgreSQL to run it (0.3 to
0.9 ms against 0.1, measured). Values are adapted and converted by the fields of the model, as the
ORM does, on every database. Nothing here sends a signal or follows a relation.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)
_BATCH = 1000


class Columns(Generic[M]):
    """The columns of a model in a SELECT, which names its table `alias`.

    Fields in `leave_out` are loaded when they are first used, as by `defer`.
    """

    def __init__(self, model: type[M], alias: str, *, leave_out: Collection[str] = ()) -> None:
        self._model = model
        self._fields = [field for field in _fields(model) if field.name not in leave_out]
        self._names = [field.attname for field in self._fields]
        self.sql = ", ".join(f"{alias}.{_column(field)}" for field in self._fields)
        self._converters: dict[str, list[tuple[int, Any, Any]]] = {}

    def __len__(self) -> int:
        return len(self._fields)

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


def select_one(sql: str, params: Any, *, lock: str = "") -> Any:
    """Return the first row, or None. `lock` is the locking clause, where rows can be locked."""
    if lock and connection.features.has_select_for_update:
        assert connection.in_atomic_block, "A lock outside of a transaction protects nothing."
        sql = f"{sql} {lock}"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def insert(rows: Sequence[Model]) -> None:
    """Insert objects of one model, to which the database assigns IDs."""
    for batch in _batches(rows):
        statement, fields = _insertion(type(batch[0]))
        returning = f" RETURNING {_column(batch[0]._meta.pk)}"
        ids = _execute(statement, batch, fields, end=returning)
        for row, [pk] in zip(batch, ids, strict=True):
            row.pk, row._state.adding, row._state.db = pk, False, connection.alias


def insert_missing(rows: Sequence[Model]) -> None:
    """Insert objects of one model, except those that a unique constraint refuses.

    The objects do not get their IDs.
    """
    for batch in _batches(rows):
        statement, fields = _insertion(type(batch[0]))
        _execute(statement, batch, fields, end=" ON CONFLICT DO NOTHING")


def update(rows: Sequence[Model], names: Collection[str] = ()) -> None:
    """Write these fields of objects of one model, or all; one statement for a thousand rows."""
    for batch in _batches(rows):
        [first, *more] = batch
        if more:
            statement, fields, change = _upsert(type(first), tuple(names))
            _execute(statement, batch, fields, end=change)
        else:
            statement, fields = _change(type(first), tuple(names))
            with connection.cursor() as cursor:
                cursor.execute(statement, [*_values(first, fields, is_new=False), first.pk])


def _execute(
    statement: str, rows: Sequence[Model], fields: Sequence[Any], *, end: str
) -> list[tuple[Any, ...]]:
    """Execute an INSERT of these rows; return the rows that it returns."""
    row = f"({', '.join(['%s'] * len(fields))})"
    values = [value for each in rows for value in _values(each, fields, is_new=each._state.adding)]
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {', '.join([row] * len(rows))}{end}", values)
        return cursor.fetchall() if "RETURNING" in end else []


@cache
def _insertion(model: type[Model]) -> tuple[str, list[Any]]:
    fields = [field for field in _fields(model) if not field.primary_key]
    return _insert_into(model, fields), fields


@cache
def _upsert(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Any], str]:
    """Return an INSERT that finds all rows and changes them.

    `UPDATE … FROM (VALUES …)` would need the type of each column.
    """
    assignments = ", ".join(
        f"{_column(field)} = excluded.{_column(field)}" for field in _changed(model, names)
    )
    change = f" ON CONFLICT ({_column(model._meta.pk)}) DO UPDATE SET {assignments}"
    return _insert_into(model, _fields(model)), _fields(model), change


@cache
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    fields = _changed(model, names)
    assignments = ", ".join(f"{_column(field)} = %s" for field in fields)
    table, key = model._meta.db_table, _column(model._meta.pk)
    return f'UPDATE "{table}" SET {assignments} WHERE {key} = %s', fields  # noqa: S608


def _insert_into(model: type[Model], fields: Sequence[Any]) -> str:
    columns = ", ".join(map(_column, fields))
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES'


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


def _values(row: Model, fields: Sequence[Any], *, is_new: bool) -> list[Any]:
    return [
        field.get_db_prep_save(field.pre_save(row, is_new), connection=connection)
        for field in fields
    ]


def _batches(rows: Sequence[Model]) -> Iterator[Sequence[Model]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
