"""The words of events that were there before words were noted."""

from django.db import migrations

from core.database.operations import PostgresSQL


class Migration(migrations.Migration):
    dependencies = [("events", "0007_finding")]

    operations = [
        PostgresSQL(
            """
            INSERT INTO events_word (word)
            SELECT DISTINCT word
            FROM events_event, regexp_split_to_table(
                title_folded || ' ' || location_folded, '[^[:alnum:]]+'
            ) AS word
            WHERE status = 'published' AND length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]'
            ORDER BY word
            ON CONFLICT DO NOTHING
            """,
            migrations.RunSQL.noop,
        )
    ]
