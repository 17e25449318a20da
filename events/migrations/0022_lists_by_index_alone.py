"""Read lists by start, category and title from an index alone.

The new index by start comes before the old one goes: the previous version of the code uses either.
"""

from django.db import migrations, models

from core.database.operations import AddIndexConcurrently, RemoveIndexConcurrently

_LISTED = models.Q(status="published", deleted_at=None)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("events", "0021_events_of_active_organizers"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["start_time", "id", "end_time", "created_by"],
                name="event_listed_in_order",
                condition=_LISTED,
            ),
        ),
        RemoveIndexConcurrently(model_name="event", name="event_listed_by_start"),
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["category", "start_time", "id", "end_time", "created_by"],
                name="event_listed_by_category",
                condition=_LISTED,
            ),
        ),
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["title", "id", "end_time", "created_by"],
                name="event_listed_by_title",
                condition=_LISTED,
            ),
        ),
    ]
