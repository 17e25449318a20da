"""Add an index of unconfirmed walk-ins, which do not make check-in count as used."""

from django.db import migrations, models

from core.database.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("rsvp", "0011_dates_of_check_ins")]

    operations = [
        AddIndexConcurrently(
            model_name="rsvp",
            index=models.Index(
                condition=models.Q(("is_confirmed", False)),
                fields=["event", "guests"],
                name="rsvp_unconfirmed_by_event",
            ),
        ),
    ]
