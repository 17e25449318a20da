"""Tickets that can be void, who has arrived and who let them in; what numbers are counted by."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0012_fill_ratings"),
        ("rsvp", "0006_restart_unfinished_announcements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CheckIn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("people", models.SmallIntegerField(help_text="Negative for an undo.")),
                (
                    "is_walk_in",
                    models.BooleanField(default=False, help_text="No seat before this check-in."),
                ),
                (
                    "seats",
                    models.SmallIntegerField(
                        default=0, help_text="Seats taken by the walk-in. Negative for an undo."
                    ),
                ),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "check-in",
                "ordering": ["id"],
            },
        ),
        migrations.RemoveIndex(
            model_name="rsvp",
            name="rsvp_by_event_and_status",
        ),
        migrations.AddField(
            model_name="rsvp",
            name="arrived",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, help_text="People of the party who were checked in."
            ),
        ),
        migrations.AddField(
            model_name="rsvp",
            name="checked_in_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="Time of the first check-in.", null=True
            ),
        ),
        migrations.AddField(
            model_name="rsvp",
            name="has_answered",
            field=models.BooleanField(
                default=True,
                editable=False,
                help_text="False if this person never RSVPed and was only admitted as a walk-in.",
            ),
        ),
        migrations.AddField(
            model_name="rsvp",
            name="ticket_no",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Number of earlier tickets. Their codes are void.",
            ),
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(
                condition=models.Q(
                    ("from_status__in", ["going", "waitlisted"]),
                    ("to_status", "waitlisted"),
                    _connector="OR",
                ),
                fields=["event", "rsvp", "from_status", "to_status"],
                name="answer_of_line_or_leaving",
            ),
        ),
        migrations.AddIndex(
            model_name="rsvp",
            index=models.Index(
                fields=["event", "status", "id", "user", "guests"], name="rsvp_by_event_and_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="rsvp",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("arrived", 0), ("checked_in_at", None)),
                    models.Q(
                        ("arrived__gte", 1),
                        (
                            "arrived__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("guests"), "+", models.Value(1)
                            ),
                        ),
                        ("checked_in_at__isnull", False),
                        ("status", "going"),
                    ),
                    _connector="OR",
                ),
                name="rsvp_who_arrived_has_a_seat",
            ),
        ),
        migrations.AddField(
            model_name="checkin",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="check_ins_made",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="checkin",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="check_ins",
                to="events.event",
            ),
        ),
        migrations.AddField(
            model_name="checkin",
            name="rsvp",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="check_ins",
                to="rsvp.rsvp",
            ),
        ),
        migrations.AddIndex(
            model_name="checkin",
            index=models.Index(fields=["event", "at"], name="check_in_by_event_and_time"),
        ),
        migrations.AddConstraint(
            model_name="checkin",
            constraint=models.UniqueConstraint(
                condition=models.Q(("people__gt", 0)),
                fields=("rsvp", "at"),
                name="check_in_once_an_instant",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkin",
            constraint=models.CheckConstraint(
                condition=models.Q(("people", 0), _negated=True), name="check_in_of_somebody"
            ),
        ),
    ]
