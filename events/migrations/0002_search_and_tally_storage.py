"""What only PostgreSQL has: the search column (events/search.py), room to rewrite tallies."""

from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations

from core.database.operations import PostgresSQL


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        UnaccentExtension(),
        PostgresSQL(
            """
            CREATE TEXT SEARCH CONFIGURATION english_unaccent (COPY = english);
            ALTER TEXT SEARCH CONFIGURATION english_unaccent
                ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
            """,
            "DROP TEXT SEARCH CONFIGURATION english_unaccent",
        ),
        PostgresSQL(
            """
            ALTER TABLE events_event ADD COLUMN search tsvector GENERATED ALWAYS AS (
                setweight(to_tsvector('english_unaccent', title), 'A') ||
                setweight(to_tsvector('english_unaccent', location), 'C') ||
                setweight(to_tsvector('english_unaccent', description), 'D')
            ) STORED;
            CREATE INDEX event_search ON events_event USING gin (search);
            """,
            "ALTER TABLE events_event DROP COLUMN search",
        ),
        # Half of each page stays free, so that a new version of a tally lands on its own page.
        PostgresSQL(
            "ALTER TABLE events_tally SET (fillfactor = 50)",
            "ALTER TABLE events_tally RESET (fillfactor)",
        ),
    ]
