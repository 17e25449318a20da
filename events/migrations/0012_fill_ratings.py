"""A rating for each event that was there before there were any."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("events", "0011_helpers_ratings_and_arrivals")]

    operations = [
        migrations.RunSQL(
            'INSERT INTO events_rating (event_id, count, "sum")'
            " SELECT id, 0, 0 FROM events_event"
            " WHERE id NOT IN (SELECT event_id FROM events_rating)",
            migrations.RunSQL.noop,
        )
    ]
