"""Which seats a check-in took, so that its undoing gives back as many."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rsvp", "0008_indexes_for_analytics")]

    operations = [
        migrations.AddField(
            model_name="checkin",
            name="seats",
            field=models.SmallIntegerField(
                db_default=0, default=0, help_text="Taken at the door; negative: given back there."
            ),
        ),
        migrations.RunSQL(
            "UPDATE rsvp_checkin SET seats = people WHERE is_walk_in AND rsvp_id IN"
            " (SELECT id FROM rsvp_rsvp WHERE arrived > 0)",
            migrations.RunSQL.noop,
        ),
    ]
