"""Count the recorded states of a payment, so that older ones are not recorded after newer ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="state_version",
            field=models.PositiveIntegerField(
                db_default=0, default=0, editable=False, help_text="Number of recorded states."
            ),
        ),
    ]
