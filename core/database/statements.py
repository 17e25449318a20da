"""Querysets and updates that are compiled once and executed many times.

Django builds and compiles a queryset for every execution, which takes longer than most queries. A
`Statement` keeps the SQL. Values that differ between executions are `Parameter`s in the queryset.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BigIntegerField, DateTimeField, Expression, Field, QuerySet
from django.db.models.sql import UpdateQuery
from django.utils import timezone
from psycopg2.extensions import adapt


class Parameter(Expression):
    """A value in a queryset that each execution of its `Statement` supplies, by its name."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class Now(Parameter):
    """The time at which the query is executed, also without a `Statement`.

    Unlike `timezone.now()`, it can be in a queryset that is used again later.
    """

    def __init__(self) -> None:
        super().__init__("now", DateTimeField())

    def __conform__(self, protocol: Any) -> Any:
        """Return the value for the driver: psycopg2 and sqlite3 call this method."""
        if protocol.__module__ == "sqlite3":
            return str(timezone.now().astimezone(UTC).replace(tzinfo=None))
        return adapt(timezone.now())


# The place of a column, and the functions that make its value the queryset's.
_Converters = Sequence[tuple[int, Callable[..., Any], Any]]


class Statement:
    """The SQL of a queryset, with the parameters in their places; empty if it can have no rows."""

    def __init__(
        self,
        sql: str,
        params: Sequence[Any],
        *,
        using: str = "default",
        converters: _Converters = (),
    ) -> None:
        self.sql, self._params, self._using = sql, tuple(params), using
        self._converters = converters

    @classmethod
    def of(cls, queryset: QuerySet[Any]) -> Self:
        compiler = queryset.query.clone().get_compiler(queryset.db)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return cls("", (), using=queryset.db)
        found = compiler.get_converters([column for column, *_ in compiler.select])
        converters = [
            (place, convert, column)
            for place, (functions, column) in found.items()
            for convert in functions
        ]
        return cls(sql, params, using=queryset.db, converters=converters)

    @classmethod
    def of_update(cls, queryset: QuerySet[Any], **changes: Any) -> Self:
        """Return the UPDATE of these rows; `changes` are values and expressions by field."""
        query: Any = queryset.order_by().query.chain(UpdateQuery)
        query.add_update_values(changes)
        return cls(*query.get_compiler(queryset.db).as_sql(), using=queryset.db)

    def then(self, sql: str, params: Sequence[Any]) -> "Statement":
        """Return the statement with more SQL at its end."""
        return Statement(
            self.sql and self.sql + sql,
            (*self._params, *params),
            using=self._using,
            converters=self._converters,
        )

    def page(self) -> "Statement":
        """Return the statement for some of the rows, with the parameters `limit` and `offset`."""
        bounds = [Parameter(name, BigIntegerField()) for name in ("limit", "offset")]
        return self.then(" LIMIT %s OFFSET %s", bounds)

    def within(self, sql: str, params: Sequence[Any] = ()) -> "Statement":
        """Return a statement with this one in the place of `{}`, before all of its parameters.

        Its values are not converted: they are as the driver returns them.
        """
        text = self.sql and sql.format(self.sql)
        return Statement(text, (*self._params, *params), using=self._using)

    def with_value(self, value: "Statement") -> "Statement":
        """Return the statement with one more column, the single value of another statement."""
        sql = self.sql and f"SELECT *, ({value.sql}) FROM ({self.sql}) AS rows"  # noqa: S608
        params = (*value._params, *self._params)
        return Statement(sql, params, using=self._using, converters=self._converters)

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Execute the statement with these values of its parameters; return all rows."""
        if not self.sql:
            return []
        with connections[self._using].cursor() as cursor:
            cursor.execute(self.sql, self._filled(values))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return [self._converted(row) for row in rows] if self._converters else rows

    def update(self, **values: Any) -> int:
        """Execute an UPDATE with these values of its parameters; return the number of rows."""
        with connections[self._using].cursor() as cursor:
            cursor.execute(self.sql, self._filled(values))
            number: int = cursor.rowcount
        return number

    def _filled(self, values: dict[str, Any]) -> list[Any]:
        as_time = connections[self._using].ops.adapt_datetimefield_value
        adapted = {
            name: as_time(value) if isinstance(value, datetime) else value
            for name, value in values.items()
        }
        return [_filled(param, adapted) for param in self._params]

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        converted = list(row)
        for place, convert, column in self._converters:
            converted[place] = convert(converted[place], column, connections[self._using])
        return tuple(converted)


def _filled(param: Any, values: dict[str, Any]) -> Any:
    if isinstance(param, Parameter):
        return values.get(param.name, param)
    return param
