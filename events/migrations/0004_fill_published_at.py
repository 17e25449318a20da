"""Events that were public before `published_at` existed were so since their creation."""

from typing import Any

from django.db import migrations
from django.db.models import F


def fill(apps: Any, schema_editor: Any) -> None:
    public = apps.get_model("events", "Event").objects.exclude(status="draft")
    public.filter(published_at=None).update(published_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("events", "0003_published_at_and_sequence")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
