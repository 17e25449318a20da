"""What finding needs: folded texts, indexes for their parts, for places and times, and words."""

from django.contrib.postgres.operations import CreateExtension, TrigramExtension
from django.db import migrations, models

from core.database.operations import PostgresSQL

LISTED = "WHERE status = 'published' AND deleted_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [("events", "0006_events_by_banner")]

    operations = [
        TrigramExtension(),
        CreateExtension("cube"),
        # unaccent() itself counts as changeable, so that no index would take it. What this calls
        # is looked up here and now: a restored dump has no search path.
        PostgresSQL(
            """
            CREATE FUNCTION events_fold(text) RETURNS text
                LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
                RETURN lower(unaccent($1))
            """,
            "DROP FUNCTION events_fold(text)",
        ),
        # On a sphere of radius 1: neither poles nor the antimeridian are an edge there.
        PostgresSQL(
            """
            CREATE FUNCTION events_place(latitude float8, longitude float8) RETURNS cube
                LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
                RETURN cube(ARRAY[
                    cos(radians(latitude)) * cos(radians(longitude)),
                    cos(radians(latitude)) * sin(radians(longitude)),
                    sin(radians(latitude))
                ])
            """,
            "DROP FUNCTION events_place(float8, float8)",
        ),
        # Kept beside the text: folding takes 7 µs, and a common part of a word is in many titles.
        # Like `search`, they are unknown to the model, so that no SELECT drags them along.
        PostgresSQL(
            """
            ALTER TABLE events_event
                ADD COLUMN title_folded text
                    GENERATED ALWAYS AS (events_fold(title)) STORED,
                ADD COLUMN location_folded text
                    GENERATED ALWAYS AS (events_fold(location)) STORED
            """,
            "ALTER TABLE events_event DROP COLUMN title_folded, DROP COLUMN location_folded",
        ),
        PostgresSQL(
            """
            CREATE FUNCTION events_first_start(at timestamptz) RETURNS timestamptz
                LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
            AS $$
            BEGIN
                -- min(start_time) alone would tempt the planner to walk through all by their start.
                RETURN (
                    SELECT coalesce(min(lower(tstzrange(start_time, end_time))), at)
                    FROM events_event
                    WHERE status = 'published' AND deleted_at IS NULL
                        AND tstzrange(start_time, end_time) @> at
                );
            END
            $$
            """,
            "DROP FUNCTION events_first_start(timestamptz)",
        ),
        PostgresSQL(
            f"""
            CREATE INDEX event_title_trigrams ON events_event
                USING gin (title_folded gin_trgm_ops) {LISTED};
            CREATE INDEX event_location_trigrams ON events_event
                USING gin (location_folded gin_trgm_ops) {LISTED};
            CREATE INDEX event_listed_by_place ON events_event
                USING gist (events_place(latitude, longitude)) {LISTED};
            CREATE INDEX event_listed_by_period ON events_event
                USING gist (tstzrange(start_time, end_time)) {LISTED};
            """,
            """
            DROP INDEX event_title_trigrams, event_location_trigrams,
                event_listed_by_place, event_listed_by_period
            """,
        ),
        migrations.RemoveIndex(model_name="event", name="event_listed_by_start"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("status", "published")),
                fields=["start_time", "id", "end_time"],
                name="event_listed_by_start",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(
                    ("deleted_at", None), ("latitude__isnull", False), ("status", "published")
                ),
                fields=["latitude", "longitude", "end_time"],
                name="event_listed_by_coordinates",
            ),
        ),
        migrations.CreateModel(
            name="Word",
            fields=[("word", models.CharField(max_length=40, primary_key=True, serialize=False))],
        ),
        PostgresSQL(
            "CREATE INDEX word_trigrams ON events_word USING gist (word gist_trgm_ops)",
            "DROP INDEX word_trigrams",
        ),
        # Once a statement and in order, so that two writers of the same new words wait for each
        # other and never in a ring.
        PostgresSQL(
            """
            CREATE FUNCTION events_note_words() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO events_word (word)
                SELECT DISTINCT word
                FROM written, regexp_split_to_table(
                    title_folded || ' ' || location_folded, '[^[:alnum:]]+'
                ) AS word
                WHERE status = 'published' AND length(word) BETWEEN 4 AND 40
                    AND word !~ '[0-9]'
                ORDER BY word
                ON CONFLICT DO NOTHING;
                RETURN NULL;
            END
            $$;
            CREATE TRIGGER note_words_of_new AFTER INSERT ON events_event
                REFERENCING NEW TABLE AS written
                FOR EACH STATEMENT EXECUTE FUNCTION events_note_words();
            CREATE TRIGGER note_words_of_changed AFTER UPDATE ON events_event
                REFERENCING NEW TABLE AS written
                FOR EACH STATEMENT EXECUTE FUNCTION events_note_words();
            """,
            """
            DROP TRIGGER note_words_of_new ON events_event;
            DROP TRIGGER note_words_of_changed ON events_event;
            DROP FUNCTION events_note_words();
            """,
        ),
    ]
