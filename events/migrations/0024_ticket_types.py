"""Add ticket types with their tallies, discount codes, and the count of held seats."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0023_waitlist_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="DiscountCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(help_text="Stored in upper case.", max_length=40)),
                (
                    "percent_off",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "amount_off",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="From the price of the whole party, in minor units.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(99999999),
                        ],
                    ),
                ),
                (
                    "max_uses",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: no limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                ("used", models.PositiveIntegerField(default=0, editable=False)),
                ("valid_from", models.DateTimeField(blank=True, null=True)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TicketType",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("description", models.CharField(blank=True, max_length=1000)),
                (
                    "price",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="In minor units.",
                        validators=[django.core.validators.MaxValueValidator(99999999)],
                    ),
                ),
                (
                    "currency",
                    models.CharField(blank=True, help_text="ISO 4217. Empty: free.", max_length=3),
                ),
                (
                    "max_per_person",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10),
                        ],
                    ),
                ),
                ("sales_open_at", models.DateTimeField(blank=True, null=True)),
                ("sales_close_at", models.DateTimeField(blank=True, null=True)),
                (
                    "is_hidden",
                    models.BooleanField(
                        default=False,
                        help_text="Offered only to people with a code that unlocks it.",
                        verbose_name="hidden",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(default=0, help_text="Order of display."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.AddField(
            model_name="tally",
            name="has_ticket_types",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="tally",
            name="tickets_left",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Free tickets of types that are not hidden. Empty: no limit or no types.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="discountcode",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="codes",
                to="events.event",
            ),
        ),
        migrations.AddField(
            model_name="tickettype",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="ticket_types",
                to="events.event",
            ),
        ),
        migrations.AddField(
            model_name="discountcode",
            name="unlocks",
            field=models.ManyToManyField(
                blank=True, related_name="unlocked_by", to="events.tickettype"
            ),
        ),
        migrations.CreateModel(
            name="TypeTally",
            fields=[
                (
                    "ticket_type",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="tally",
                        serialize=False,
                        to="events.tickettype",
                    ),
                ),
                (
                    "quantity",
                    models.PositiveIntegerField(
                        blank=True, help_text="Empty: no limit.", null=True
                    ),
                ),
                ("taken", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "tallies of ticket types",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity", None),
                            ("taken__lte", models.F("quantity")),
                            _connector="OR",
                        ),
                        name="type_tally_not_oversold",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity", None), ("quantity__gte", 1), _connector="OR"
                        ),
                        name="type_tally_limit_at_least_one",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="tickettype",
            index=models.Index(fields=["event", "position"], name="ticket_type_by_event"),
        ),
        migrations.AddConstraint(
            model_name="tickettype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price", 0), models.Q(("currency", ""), _negated=True), _connector="OR"
                ),
                name="ticket_type_price_has_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="tickettype",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sales_open_at", None),
                    ("sales_close_at", None),
                    ("sales_close_at__gt", models.F("sales_open_at")),
                    _connector="OR",
                ),
                name="ticket_type_sales_close_after_opening",
            ),
        ),
        migrations.AddConstraint(
            model_name="discountcode",
            constraint=models.UniqueConstraint(fields=("event", "code"), name="code_once_an_event"),
        ),
        migrations.AddConstraint(
            model_name="discountcode",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent_off", None), ("amount_off", None), _connector="OR"),
                name="code_has_one_discount",
            ),
        ),
        migrations.AddConstraint(
            model_name="discountcode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("percent_off", None), ("percent_off__range", (1, 100)), _connector="OR"
                ),
                name="code_percent_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="discountcode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_uses", None), ("used__lte", models.F("max_uses")), _connector="OR"
                ),
                name="code_not_overused",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="tally",
            name="tally_not_oversold",
        ),
        migrations.AddField(
            model_name="tally",
            name="held",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="People whose payment is awaited."
            ),
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_attendees", None),
                    (
                        "max_attendees__gte",
                        models.F("going") + models.F("held"),
                    ),
                    _connector="OR",
                ),
                name="tally_not_oversold",
            ),
        ),
    ]
