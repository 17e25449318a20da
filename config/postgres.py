"""Migration steps that only PostgreSQL takes."""

from typing import Any

from django.db.migrations import AddConstraint, RunSQL


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
