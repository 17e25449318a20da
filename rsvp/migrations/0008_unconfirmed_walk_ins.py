"""Add unconfirmed walk-ins, and the person's own RSVP before them.

People who were only admitted as walk-ins become unconfirmed; `has_answered` marked them.
"""

from django.db import migrations, models

_STATUSES = [
    ("going", "Going"),
    ("interested", "Interested"),
    ("waitlisted", "Waitlisted"),
    ("cancelled", "Cancelled"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("rsvp", "0007_tickets_and_check_ins"),
    ]

    operations = [
        migrations.RenameField(model_name="rsvp", old_name="has_answered", new_name="is_confirmed"),
        migrations.AlterField(
            model_name="rsvp",
            name="is_confirmed",
            field=models.BooleanField(
                default=True,
                editable=False,
                help_text="No for a walk-in by ID or name that the person has not confirmed.",
                verbose_name="confirmed",
            ),
        ),
        migrations.AddField(
            model_name="rsvp",
            name="own_status",
            field=models.CharField(
                blank=True,
                choices=_STATUSES,
                default="",
                editable=False,
                help_text="Status the person chose before an unconfirmed walk-in. Empty for none.",
                max_length=15,
            ),
        ),
        migrations.AddField(
            model_name="rsvp",
            name="own_guests",
            field=models.PositiveSmallIntegerField(
                default=0,
                editable=False,
                help_text="Guests that belong to the person's own status.",
            ),
        ),
        migrations.AddConstraint(
            model_name="rsvp",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_confirmed", False),
                    models.Q(("own_guests", 0), ("own_status", "")),
                    _connector="OR",
                ),
                name="rsvp_own_status_while_unconfirmed",
            ),
        ),
    ]
