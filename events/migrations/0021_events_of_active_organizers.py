"""Count listed events by an index that includes their owner, and let the place be empty.

The new index comes before the old one goes: the previous version of the code uses either.
"""

from django.db import migrations, models

import core.validators
from core.database.operations import AddIndexConcurrently, RemoveIndexConcurrently

_place = models.CharField(max_length=300, blank=True, validators=[core.validators.PlainText()])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("events", "0020_fold_stored_texts"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                fields=["end_time", "created_by"],
                name="event_listed_by_end_and_owner",
                condition=models.Q(status="published", deleted_at=None),
            ),
        ),
        RemoveIndexConcurrently(model_name="event", name="event_listed_by_end"),
        migrations.AlterField(model_name="event", name="location", field=_place),
        migrations.AlterField(model_name="series", name="location", field=_place),
    ]
