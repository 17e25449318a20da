"""`told_up_to` was the id of an answer and is that of a person now."""

from typing import Any

from django.db import migrations


def start_again(apps: Any, schema_editor: Any) -> None:
    """Nobody is told twice: what was written already is the same occasion."""
    announcements = apps.get_model("rsvp", "Announcement").objects
    announcements.filter(finished_at=None).update(told_up_to=0, told=0)


class Migration(migrations.Migration):
    dependencies = [
        ("rsvp", "0005_series_announcements"),
    ]

    operations = [
        migrations.RunPython(start_again, start_again),
    ]
