"""The events of a tag out of one index: Django's own holds the tag alone."""

from django.db import migrations

from core.database.operations import PostgresSQL


class Migration(migrations.Migration):
    dependencies = [("events", "0008_fill_words")]

    operations = [
        PostgresSQL(
            "CREATE INDEX event_by_tag ON events_event_tags (tag_id, event_id)",
            "DROP INDEX event_by_tag",
        )
    ]
