"""Add the time of the last edit that moved the end to an earlier time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0013_imported_once_by_owner"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="end_pulled_in_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Last edit to an earlier end. Reviews open an hour after it.",
                null=True,
            ),
        ),
    ]
