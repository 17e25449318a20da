"""Add when the organizer closed check-in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0017_all_day_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="tally",
            name="check_in_closed_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Time at which the organizer closed check-in. Empty: not closed.",
                null=True,
            ),
        ),
    ]
