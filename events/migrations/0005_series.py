"""Recurring events; why an event was cancelled; the key of its banner."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.validators


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0004_fill_published_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="banner",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text="Key of the picture files, which occurrences and copies share.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="cancellation_reason",
            field=models.CharField(
                blank=True,
                default="",
                max_length=500,
                validators=[core.validators.PlainText(lines=True)],
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="own_fields",
            field=models.JSONField(
                blank=True,
                default=list,
                editable=False,
                help_text="Fields edited on this occurrence alone; the series skips them.",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="series_day",
            field=models.DateField(
                blank=True,
                editable=False,
                help_text="Day of the recurrence rule, also after a move. Empty: none.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "title",
                    models.CharField(max_length=200, validators=[core.validators.PlainText()]),
                ),
                (
                    "description",
                    models.TextField(
                        blank=True,
                        max_length=20000,
                        validators=[core.validators.PlainText(lines=True)],
                    ),
                ),
                (
                    "location",
                    models.CharField(max_length=300, validators=[core.validators.PlainText()]),
                ),
                (
                    "latitude",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                    ),
                ),
                (
                    "longitude",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        default="UTC",
                        help_text="IANA name; the zone of times that are sent without an offset.",
                        max_length=64,
                        validators=[core.validators.validate_timezone],
                    ),
                ),
                (
                    "banner",
                    models.CharField(
                        blank=True,
                        default="",
                        editable=False,
                        help_text="Key of the picture files, which occurrences and copies share.",
                        max_length=64,
                    ),
                ),
                (
                    "recurrence_pattern",
                    models.CharField(
                        help_text="A word such as weekly, or an RRULE (RFC 5545).", max_length=500
                    ),
                ),
                ("first_day", models.DateField(help_text="First day of the rule.")),
                (
                    "local_time",
                    models.TimeField(help_text="Local start time in the time zone of the series."),
                ),
                (
                    "duration",
                    models.DurationField(help_text="By the stopwatch, also across a clock change."),
                ),
                (
                    "exdates",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Days of the rule without an occurrence (EXDATE).",
                    ),
                ),
                (
                    "next_day",
                    models.DateField(
                        editable=False,
                        help_text="First day of the rule without an occurrence yet. Empty: none.",
                        null=True,
                    ),
                ),
                ("max_attendees", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("published", "Published"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="published",
                        max_length=10,
                    ),
                ),
                (
                    "cancellation_reason",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=500,
                        validators=[core.validators.PlainText(lines=True)],
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "sequence",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="iCalendar SEQUENCE, increased by changes that calendars show.",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="series",
                        to="events.category",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="series",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tags",
                    models.ManyToManyField(blank=True, related_name="series", to="events.tag"),
                ),
            ],
            options={
                "verbose_name_plural": "series",
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="event",
            name="series",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="occurrences",
                to="events.series",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(
                fields=("series", "series_day"), name="event_once_a_day_of_its_series"
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("series_day", None), ("series__isnull", False), _connector="OR"
                ),
                name="event_day_is_of_a_series",
            ),
        ),
        migrations.AddIndex(
            model_name="series",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("next_day__isnull", False)),
                fields=["next_day"],
                name="series_to_extend",
            ),
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude", None), ("longitude", None)),
                    models.Q(("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))),
                    _connector="OR",
                ),
                name="series_coordinates_on_earth",
            ),
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "published", "cancelled"])),
                name="series_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_attendees", None), ("max_attendees__gte", 1), _connector="OR"
                ),
                name="series_limit_at_least_one",
            ),
        ),
    ]
