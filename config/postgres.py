"""Migration steps that only PostgreSQL takes."""

from typing import Any

from django.db.migrations import AddConstraint, AddIndex, AlterField, RemoveIndex, RunSQL


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


class AddUniqueConcurrently(AddConstraint):
    """Add a unique constraint with a condition without blocking writes on PostgreSQL.

    Needs `atomic = False`. Where it fails on rows that break the constraint, an invalid index
    of that name is left behind: drop it before trying again.
    """

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            statement = str(self.constraint.create_sql(model, schema_editor))
            concurrently = statement.replace("UNIQUE INDEX", "UNIQUE INDEX CONCURRENTLY", 1)
            schema_editor.execute(concurrently, params=None)


class AddIndexConcurrently(AddIndex):
    """Add an index without keeping anybody from writing. The migration must not be atomic.

    Other databases than PostgreSQL add it as ever. A run that was cut off leaves an index there
    which is not valid: the next one begins anew.
    """

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _drop_concurrently(schema_editor, self.index.name)
            schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _drop_concurrently(schema_editor, self.index.name)


class RemoveIndexConcurrently(RemoveIndex):
    """Remove an index without keeping anybody from writing. The migration must not be atomic."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _drop_concurrently(schema_editor, self.name)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            _drop_concurrently(schema_editor, self.name)
            schema_editor.add_index(model, index, concurrently=True)


class RemoveFieldIndexConcurrently(AlterField):
    """Remove the index of a foreign key that gets `db_index=False`. Not in an atomic migration."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            _drop_concurrently(schema_editor, self._index(schema_editor, model))

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            name = self._index(schema_editor, model)
            column = model._meta.get_field(self.name).column
            _drop_concurrently(schema_editor, name)
            schema_editor.execute(
                f"CREATE INDEX CONCURRENTLY {schema_editor.quote_name(name)}"
                f" ON {schema_editor.quote_name(model._meta.db_table)}"
                f" ({schema_editor.quote_name(column)})"
            )

    def _index(self, schema_editor: Any, model: Any) -> str:
        """Its name as Django makes it."""
        column = model._meta.get_field(self.name).column
        name: str = schema_editor._create_index_name(model._meta.db_table, [column])
        return name


def _drop_concurrently(schema_editor: Any, name: str) -> None:
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(name)}")
