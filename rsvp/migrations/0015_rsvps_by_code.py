"""Find the RSVPs that have a discount code by an index."""

from django.db import migrations, models

from core.database.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("rsvp", "0014_tickets_of_parties"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="rsvp",
            index=models.Index(
                condition=models.Q(("code__isnull", False)), fields=["code"], name="rsvp_by_code"
            ),
        ),
    ]
