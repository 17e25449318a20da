"""Count the seats that are held until they are paid."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0025_full_events_with_ticket_types"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="tally",
            name="tally_not_oversold",
        ),
        migrations.AddField(
            model_name="tally",
            name="held",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="People whose payment is awaited."
            ),
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_attendees", None),
                    (
                        "max_attendees__gte",
                        models.F("going") + models.F("held"),
                    ),
                    _connector="OR",
                ),
                name="tally_not_oversold",
            ),
        ),
    ]
