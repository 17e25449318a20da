"""Allow RSVPs whose payment is awaited."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0026_held_seats"),
        ("rsvp", "0015_walk_ins_with_tickets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rsvp",
            name="rsvp_status_known",
        ),
        migrations.AlterField(
            model_name="checkin",
            name="status_before",
            field=models.CharField(
                blank=True,
                choices=[
                    ("going", "Going"),
                    ("interested", "Interested"),
                    ("waitlisted", "Waitlisted"),
                    ("pending_payment", "Pending Payment"),
                    ("cancelled", "Cancelled"),
                ],
                db_default="",
                default="",
                help_text="Status of the RSVP before a walk-in. Empty for none.",
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="rsvp",
            name="own_status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("going", "Going"),
                    ("interested", "Interested"),
                    ("waitlisted", "Waitlisted"),
                    ("pending_payment", "Pending Payment"),
                    ("cancelled", "Cancelled"),
                ],
                default="",
                editable=False,
                help_text="Status the person chose before an unconfirmed walk-in. Empty for none.",
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="rsvp",
            name="status",
            field=models.CharField(
                choices=[
                    ("going", "Going"),
                    ("interested", "Interested"),
                    ("waitlisted", "Waitlisted"),
                    ("pending_payment", "Pending Payment"),
                    ("cancelled", "Cancelled"),
                ],
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="rsvpchange",
            name="from_status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("going", "Going"),
                    ("interested", "Interested"),
                    ("waitlisted", "Waitlisted"),
                    ("pending_payment", "Pending Payment"),
                    ("cancelled", "Cancelled"),
                ],
                help_text="Empty for the first RSVP.",
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="rsvpchange",
            name="to_status",
            field=models.CharField(
                choices=[
                    ("going", "Going"),
                    ("interested", "Interested"),
                    ("waitlisted", "Waitlisted"),
                    ("pending_payment", "Pending Payment"),
                    ("cancelled", "Cancelled"),
                ],
                max_length=15,
            ),
        ),
        migrations.AddConstraint(
            model_name="rsvp",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["going", "interested", "waitlisted", "pending_payment", "cancelled"],
                    )
                ),
                name="rsvp_status_known",
            ),
        ),
    ]
