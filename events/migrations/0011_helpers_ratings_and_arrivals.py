"""Who helps at the door, how an event was liked, and who has arrived."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0010_where_events_are_from"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Helper",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="events.event",
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0)),
                ("sum", models.PositiveBigIntegerField(default=0)),
                (
                    "score",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("sum"), "+", models.Value(17.5)
                            ),
                            "/",
                            django.db.models.expressions.CombinedExpression(
                                models.F("count"), "+", models.Value(5.0)
                            ),
                        ),
                        output_field=models.FloatField(),
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="tally",
            name="arrived",
            field=models.PositiveIntegerField(default=0, help_text="Checked-in people."),
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.CheckConstraint(
                condition=models.Q(("arrived__lte", models.F("going"))),
                name="tally_who_arrived_has_a_seat",
            ),
        ),
        migrations.AddField(
            model_name="helper",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="helpers",
                to="events.event",
            ),
        ),
        migrations.AddField(
            model_name="helper",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="helps_at",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(fields=["-score", "event"], name="rating_by_score"),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sum__gte", models.F("count")),
                    (
                        "sum__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("count"), "*", models.Value(5)
                        ),
                    ),
                ),
                name="rating_between_one_and_five",
            ),
        ),
        migrations.AddConstraint(
            model_name="helper",
            constraint=models.UniqueConstraint(
                fields=("event", "user"), name="helper_once_an_event"
            ),
        ),
    ]
