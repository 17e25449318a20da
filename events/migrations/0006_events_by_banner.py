"""Finds whether any event still shows a banner's files."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("events", "0005_series")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("banner", ""), _negated=True),
                fields=["banner"],
                name="event_by_banner",
            ),
        ),
    ]
