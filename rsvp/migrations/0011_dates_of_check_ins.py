"""Add the dates of check-ins at moved events, and the RSVP before a walk-in."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0018_check_in_closed_at"),
        ("rsvp", "0010_change_windows"),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerTimes",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start_time", models.DateTimeField()),
                ("end_time", models.DateTimeField()),
                ("check_in_closed_at", models.DateTimeField(blank=True, null=True)),
                ("replaced_at", models.DateTimeField()),
                (
                    "is_other_date",
                    models.BooleanField(
                        help_text="Whether the edit moved the event to another date. "
                        "Earlier check-ins belong to this one."
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "former times",
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="checkin",
            name="guests_before",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="checkin",
            name="line_no_before",
            field=models.PositiveBigIntegerField(
                blank=True, help_text="Place on the waitlist before a walk-in.", null=True
            ),
        ),
        migrations.AddField(
            model_name="checkin",
            name="status_before",
            field=models.CharField(
                blank=True,
                choices=[
                    ("going", "Going"),
                    ("interested", "Interested"),
                    ("waitlisted", "Waitlisted"),
                    ("cancelled", "Cancelled"),
                ],
                db_default="",
                default="",
                help_text="Status of the RSVP before a walk-in. Empty for none.",
                max_length=15,
            ),
        ),
        migrations.AddField(
            model_name="formertimes",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="events.event",
            ),
        ),
        migrations.AddField(
            model_name="checkin",
            name="former_times",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Date of the check-in, if the event was moved to another date later.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="check_ins",
                to="rsvp.formertimes",
                verbose_name="for the date",
            ),
        ),
        migrations.AddIndex(
            model_name="formertimes",
            index=models.Index(fields=["event", "replaced_at"], name="former_times_by_event"),
        ),
    ]
