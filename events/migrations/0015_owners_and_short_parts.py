"""Add indexes for lists of one's own events, and for searches for one or two letters."""

from django.db import migrations, models

from core.database.operations import AddIndexConcurrently, PostgresSQL, RemoveIndexConcurrently

LISTED = "WHERE status = 'published' AND deleted_at IS NULL"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0014_when_ends_were_pulled_in")]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["created_by", "start_time", "id", "end_time"],
                name="event_by_organizer_and_time",
            ),
        ),
        RemoveIndexConcurrently(model_name="event", name="event_by_organizer"),
        # Each letter, and each pair of letters.
        PostgresSQL(
            """
            CREATE OR REPLACE FUNCTION events_pieces(text) RETURNS text[]
                LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
                RETURN (
                    SELECT array_agg(substr($1, at, 1)) || array_agg(substr($1, at, 2))
                    FROM generate_series(1, length($1)) AS at
                )
            """,
            "DROP FUNCTION events_pieces(text)",
        ),
        *(
            PostgresSQL(sql, reverse)
            for column in ("title", "location")
            for sql, reverse in (
                (
                    f"DROP INDEX CONCURRENTLY IF EXISTS event_{column}_pieces",
                    PostgresSQL.noop,
                ),
                (
                    f"CREATE INDEX CONCURRENTLY event_{column}_pieces ON events_event"
                    f" USING gin (events_pieces({column}_folded)) {LISTED}",
                    f"DROP INDEX CONCURRENTLY event_{column}_pieces",
                ),
                # Without statistics the planner assumes that a letter in every title is rare.
                (
                    f"CREATE STATISTICS IF NOT EXISTS event_{column}_pieces_known"
                    f" ON (events_pieces({column}_folded)) FROM events_event",
                    f"DROP STATISTICS event_{column}_pieces_known",
                ),
            )
        ),
        # The planner has no statistics before this.
        PostgresSQL("ANALYZE events_event", PostgresSQL.noop),
    ]
