"""Migration operations for PostgreSQL: raw SQL, and indexes without blocking writes."""

from typing import Any

from django.db.migrations import AddConstraint, AddIndex, AlterField, RemoveIndex, RunSQL
from django.db.migrations.operations.base import Operation


class PostgresSQL(RunSQL):
    """SQL that the other databases skip: SQLite serves the same endpoints without it."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class _Concurrently(Operation):
    """A change of indexes that does not block writes on PostgreSQL.

    The migration must not be atomic. Other databases take Django's own operation.
    """

    atomic = False
    model_name: str

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if self._concerns(app_label, schema_editor, to_state):
            self._forwards(schema_editor, to_state.apps.get_model(app_label, self.model_name))
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if self._concerns(app_label, schema_editor, to_state):
            self._backwards(schema_editor, to_state.apps.get_model(app_label, self.model_name))
        else:
            super().database_backwards(app_label, schema_editor, from_state, to_state)

    def _concerns(self, app_label: str, schema_editor: Any, state: Any) -> bool:
        model = state.apps.get_model(app_label, self.model_name)
        is_ours = self.allow_migrate_model(schema_editor.connection.alias, model)
        return bool(is_ours and schema_editor.connection.vendor == "postgresql")

    def _forwards(self, schema_editor: Any, model: Any) -> None:
        raise NotImplementedError

    def _backwards(self, schema_editor: Any, model: Any) -> None:
        raise NotImplementedError


class AddIndexConcurrently(_Concurrently, AddIndex):
    """Add an index. Replaces an invalid index that an interrupted run left behind."""

    def _forwards(self, schema_editor: Any, model: Any) -> None:
        _drop(schema_editor, self.index.name)
        schema_editor.add_index(model, self.index, concurrently=True)

    def _backwards(self, schema_editor: Any, model: Any) -> None:
        _drop(schema_editor, self.index.name)


class RemoveIndexConcurrently(_Concurrently, RemoveIndex):
    def _forwards(self, schema_editor: Any, model: Any) -> None:
        _drop(schema_editor, self.name)

    def _backwards(self, schema_editor: Any, model: Any) -> None:
        (index,) = (index for index in model._meta.indexes if index.name == self.name)
        _drop(schema_editor, self.name)
        schema_editor.add_index(model, index, concurrently=True)


class AddUniqueConcurrently(_Concurrently, AddConstraint):
    """Add a unique constraint with a condition. Fails if rows violate it."""

    def _forwards(self, schema_editor: Any, model: Any) -> None:
        _drop(schema_editor, self.constraint.name)
        statement = str(self.constraint.create_sql(model, schema_editor))
        concurrently = statement.replace("UNIQUE INDEX", "UNIQUE INDEX CONCURRENTLY", 1)
        schema_editor.execute(concurrently, params=None)

    def _backwards(self, schema_editor: Any, model: Any) -> None:
        _drop(schema_editor, self.constraint.name)


class RemoveFieldIndexConcurrently(_Concurrently, AlterField):
    """Remove the index of a foreign key, for `db_index=False`."""

    def _forwards(self, schema_editor: Any, model: Any) -> None:
        name, _ = self._index(schema_editor, model)
        _drop(schema_editor, name)

    def _backwards(self, schema_editor: Any, model: Any) -> None:
        name, column = self._index(schema_editor, model)
        _drop(schema_editor, name)
        schema_editor.execute(
            f"CREATE INDEX CONCURRENTLY {schema_editor.quote_name(name)}"
            f" ON {schema_editor.quote_name(model._meta.db_table)}"
            f" ({schema_editor.quote_name(column)})"
        )

    def _index(self, schema_editor: Any, model: Any) -> tuple[str, str]:
        """Return the name that Django gives the index, and its column."""
        column = model._meta.get_field(self.name).column
        return schema_editor._create_index_name(model._meta.db_table, [column]), column


def _drop(schema_editor: Any, name: str) -> None:
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(name)}")
