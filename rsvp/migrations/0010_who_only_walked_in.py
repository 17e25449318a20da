"""Who was let in without having answered, and so has shown nobody an address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rsvp", "0009_seats_taken_at_the_door")]

    operations = [
        migrations.AddField(
            model_name="rsvp",
            name="has_answered",
            field=models.BooleanField(
                db_default=True,
                default=True,
                editable=False,
                help_text="False: all that there is, is that somebody let them in at the door.",
            ),
        ),
    ]
