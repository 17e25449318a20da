"""Count events whose ticket types are sold out as full."""

from django.db import migrations, models

from core.database.operations import AddIndexConcurrently, RemoveIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("events", "0024_ticket_types"),
    ]

    operations = [
        RemoveIndexConcurrently(
            model_name="tally",
            name="tally_of_full_events",
        ),
        AddIndexConcurrently(
            model_name="tally",
            index=models.Index(
                condition=models.Q(
                    ("tickets_left", 0),
                    models.Q(
                        ("max_attendees__isnull", False),
                        models.Q(
                            (
                                "max_attendees__lte",
                                models.F("going") + models.F("held"),
                            ),
                            models.Q(
                                ("has_ticket_types", False),
                                ("waiting__gt", models.F("passed_over")),
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                fields=["event"],
                name="tally_of_full_events",
            ),
        ),
    ]
