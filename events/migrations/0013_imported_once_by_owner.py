"""Permit one import of a provider's event for each organizer, instead of one for all."""

from django.conf import settings
from django.db import migrations, models

from core.database.operations import AddUniqueConcurrently

IMPORTED = models.Q(("deleted_at", None), models.Q(("external_provider", ""), _negated=True))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("events", "0012_fill_ratings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="external_is_primary",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether standing imports update this copy of the imported event.",
            ),
        ),
        AddUniqueConcurrently(
            model_name="event",
            constraint=models.UniqueConstraint(
                condition=IMPORTED,
                fields=("external_provider", "external_event_id", "created_by"),
                name="event_imported_once_by_owner",
            ),
        ),
        AddUniqueConcurrently(
            model_name="event",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None), ("external_is_primary", True)),
                fields=("external_provider", "external_event_id"),
                name="event_imported_once_as_primary",
            ),
        ),
        migrations.RemoveConstraint(model_name="event", name="event_imported_once"),
    ]
