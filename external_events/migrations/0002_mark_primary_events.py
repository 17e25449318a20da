"""Mark the events that standing imports made, and those of no organizer, as primary."""

from typing import Any

from django.db import migrations
from django.db.models import Q

BATCH = 1000


def mark(apps: Any, schema_editor: Any) -> None:
    """Deleted events too: runs do not bring them back."""
    Event = apps.get_model("events", "Event")
    Import = apps.get_model("external_events", "Import")
    imports = Import.objects.filter(Q(subscription__isnull=False) | Q(event__created_by=None))
    ids = list(imports.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        batch = Event.objects.filter(pk__in=ids[start : start + BATCH])
        batch.update(external_is_primary=True)


class Migration(migrations.Migration):
    dependencies = [("external_events", "0001_initial"), ("events", "0013_imported_once_by_owner")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
