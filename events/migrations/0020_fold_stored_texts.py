"""Fold the texts of events that were stored before, a few at a time.

Each batch is a transaction of its own, so no request waits for long, and a run that was cut off is
simply begun again. Rows are locked in ascending order, as everywhere.
"""

from typing import Any

from django.db import migrations

BATCH = 200

_BATCH = """
WITH batch AS (
    SELECT id FROM events_event WHERE id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE
), written AS (
    UPDATE events_event SET
        title_folded = events_fold(title),
        location_folded = events_fold(location),
        search = events_search(title, location, description)
    FROM batch WHERE events_event.id = batch.id
    RETURNING events_event.id
)
SELECT max(id) FROM written
"""


def fold_stored_texts(apps: Any, schema_editor: Any) -> None:
    """Write the columns of all events, then forget words that are written in another way now."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    last: int | None = 0
    with connection.cursor() as cursor:
        while last is not None:
            cursor.execute(_BATCH, [last, BATCH])
            [last] = cursor.fetchone()
        cursor.execute("DELETE FROM events_word WHERE word <> events_fold(word)")
        cursor.execute("ANALYZE events_event, events_word")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0019_one_folding")]

    operations = [migrations.RunPython(fold_stored_texts, migrations.RunPython.noop)]
