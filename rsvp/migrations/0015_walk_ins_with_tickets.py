"""Record the tickets before a walk-in, and payments at the door."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rsvp", "0014_tickets_of_parties"),
    ]

    operations = [
        migrations.AddField(
            model_name="checkin",
            name="paid_at_the_door",
            field=models.BooleanField(
                db_default=False, default=False, help_text="The organizer took the money outside."
            ),
        ),
        migrations.AddField(
            model_name="checkin",
            name="tickets_before",
            field=models.JSONField(
                blank=True,
                help_text="Tickets before a walk-in: the quantity by the ID of the type.",
                null=True,
            ),
        ),
    ]
