"""New migrations do not block writes: at a million events, one blocked them for 172 s."""

import re
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    Migration,
    RemoveIndex,
    RunSQL,
)
from django.db.migrations.loader import MigrationLoader

from core.database import operations
from core.database.operations import AddIndexConcurrently, PostgresSQL

pytestmark = pytest.mark.both

# The last ones that were written without this rule.
BEFORE = {
    "accounts": "0007", "analytics": "", "config": "0001", "events": "0012",
    "external_events": "0001", "notifications": "0003", "reviews": "0001", "rsvp": "0007",
}  # fmt: skip
# Tables that stay small however many events and people there are.
SMALL = {
    ("events", "category"), ("events", "tag"), ("events", "word"),
    ("external_events", "subscription"), ("external_events", "run"),
}  # fmt: skip
_INDEX_SQL = re.compile(r"\b(CREATE(?: UNIQUE)?|DROP|REINDEX)\s+INDEX\s+(?!CONCURRENTLY)", re.I)


def faults(migration: Migration) -> list[str]:
    """Return the operations that would lock a growing table while it is read."""
    app = migration.app_label
    new = {
        operation.name.lower()
        for operation in migration.operations
        if isinstance(operation, CreateModel)
    }
    found = []
    for operation in migration.operations:
        model = getattr(operation, "model_name", "").lower()
        if model in new or (app, model) in SMALL:
            continue
        if _is_concurrent(operation):
            if migration.atomic:
                found.append(f"{operation.describe()}: needs atomic = False")
        elif _locks(operation):
            found.append(operation.describe())
    return [f"{migration}: {fault}" for fault in found]


def _is_concurrent(operation: Any) -> bool:
    """Operations of `core.database.operations` are concurrent, except plain SQL."""
    is_own = type(operation).__module__ == operations.__name__
    return is_own and not isinstance(operation, PostgresSQL)


def _locks(operation: Any) -> bool:
    if isinstance(operation, AddIndex | RemoveIndex):
        return True
    if isinstance(operation, AddConstraint):
        return isinstance(operation.constraint, models.UniqueConstraint)
    if isinstance(operation, AddField):
        # PostgreSQL builds the index of an empty column quickly, but reads the whole table.
        return _is_indexed(operation.field)
    if isinstance(operation, AlterField):
        return operation.field.unique and not operation.field.primary_key
    if isinstance(operation, RunSQL):
        return any(_INDEX_SQL.search(str(sql)) for sql in (operation.sql,))
    return False


def _is_indexed(field: Any) -> bool:
    return bool(field.db_index or field.unique)


def new_migrations() -> list[Migration]:
    loader = MigrationLoader(connection)
    return [
        migration
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in BEFORE and name[:4] > BEFORE[app]
    ]


@pytest.mark.django_db
def test_new_migrations_add_and_remove_indexes_concurrently() -> None:
    assert [fault for migration in new_migrations() for fault in faults(migration)] == []


def migration_of(*operations: Any, atomic: bool = True) -> Migration:
    members = {"operations": list(operations), "atomic": atomic}
    migration: Migration = type("New", (Migration,), members)("0099_new", "events")
    return migration


INDEX = models.Index(fields=["title"], name="event_by_title")


@pytest.mark.embedded
@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(AddIndex("event", INDEX), id="index"),
        pytest.param(RemoveIndex("event", "event_by_title"), id="index-removed"),
        pytest.param(AddIndexConcurrently("event", INDEX), id="atomic"),
        pytest.param(
            AddConstraint("event", models.UniqueConstraint(fields=["title"], name="once")),
            id="unique",
        ),
        pytest.param(AddField("event", "slug", models.SlugField()), id="column-with-index"),
        pytest.param(RunSQL("CREATE INDEX by_title ON events_event (title)"), id="sql"),
        pytest.param(RunSQL("drop index by_title"), id="sql-drops"),
    ],
)
def test_control_locking_operation_is_found(operation: Any) -> None:
    assert len(faults(migration_of(operation))) == 1


@pytest.mark.embedded
@pytest.mark.parametrize(
    "operations",
    [
        pytest.param([AddIndexConcurrently("event", INDEX)], id="concurrently"),
        pytest.param([AddIndex("category", INDEX)], id="small-table"),
        pytest.param([CreateModel("Fresh", []), AddIndex("fresh", INDEX)], id="new-table"),
        pytest.param([RunSQL("CREATE INDEX CONCURRENTLY x ON y (z)")], id="sql"),
        pytest.param([AddField("event", "note", models.TextField(default=""))], id="plain-column"),
    ],
)
def test_operations_without_a_lock_are_accepted(operations: list[Any]) -> None:
    assert faults(migration_of(*operations, atomic=False)) == []


@pytest.mark.real
@pytest.mark.django_db(transaction=True)
def test_unfinished_index_is_built_again() -> None:
    """An invalid index exists, so every later run would fail with "already exists"."""
    module = import_module("events.migrations.0015_owners_and_short_parts")
    operation = module.Migration.operations[0]
    state = MigrationLoader(connection).project_state()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = 'event_by_organizer_and_time'::regclass"
        )
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("events", editor, state, state)
        cursor.execute(
            "SELECT indisvalid FROM pg_index"
            " WHERE indexrelid = 'event_by_organizer_and_time'::regclass"
        )
        assert cursor.fetchone() == (True,)


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["rsvp_rsvp", "rsvp_answer"])
def test_tables_have_no_index_on_the_event_only(table: str) -> None:
    """Other indexes start with the event."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    indexes = [item["columns"] for item in constraints.values() if item["index"]]
    assert ["event_id"] not in indexes
    assert any(columns[:1] == ["event_id"] for columns in indexes)
