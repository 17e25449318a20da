"""Drop the indexes by event alone: others begin with it, and they cost two writes per RSVP."""

import django.db.models.deletion
from django.db import migrations, models

from core.database.operations import RemoveFieldIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("events", "0012_fill_ratings"),
        ("rsvp", "0008_unconfirmed_walk_ins"),
    ]

    operations = [
        RemoveFieldIndexConcurrently(
            model_name=name,
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name=related_name,
                to="events.event",
            ),
        )
        for name, related_name in (("rsvp", "rsvps"), ("answer", "changes"))
    ]
