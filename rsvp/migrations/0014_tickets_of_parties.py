"""Add the tickets of parties, the codes of RSVPs, and RSVPs whose payment is awaited."""

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
        migrations.AddField(
            model_name="checkin",
            name="paid_at_the_door",
            field=models.BooleanField(
                db_default=False, default=False, help_text="The organizer took the money outside."
            ),
        ),
        migrations.AddField(
            model_name="checkin",
            name="tickets_before",
            field=models.JSONField(
                blank=True,
                help_text="Tickets before a walk-in: the quantity by the ID of the type.",
                null=True,
            ),
        ),
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
