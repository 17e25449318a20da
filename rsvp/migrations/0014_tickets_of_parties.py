"""Add the tickets of parties, and the discount codes of RSVPs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0025_full_events_with_ticket_types"),
        ("rsvp", "0013_rename_answer_to_rsvp_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RsvpTicket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantity", models.PositiveSmallIntegerField()),
                ("line_no", models.PositiveBigIntegerField(blank=True, null=True)),
            ],
            options={
                "ordering": ["ticket_type_id"],
            },
        ),
        migrations.AddField(
            model_name="rsvp",
            name="code",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="Discount code of the party's tickets.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rsvps",
                to="events.discountcode",
            ),
        ),
        migrations.AddField(
            model_name="rsvpticket",
            name="rsvp",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="rsvp.rsvp",
            ),
        ),
        migrations.AddField(
            model_name="rsvpticket",
            name="ticket_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sold",
                to="events.tickettype",
            ),
        ),
        migrations.AddIndex(
            model_name="rsvpticket",
            index=models.Index(
                condition=models.Q(("line_no__isnull", False)),
                fields=["ticket_type", "line_no", "quantity"],
                name="rsvp_ticket_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="rsvpticket",
            constraint=models.UniqueConstraint(
                fields=("rsvp", "ticket_type"), name="rsvp_ticket_once_a_type"
            ),
        ),
        migrations.AddConstraint(
            model_name="rsvpticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__range", (1, 10))), name="rsvp_ticket_quantity"
            ),
        ),
    ]
