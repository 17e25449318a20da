"""Rename the model of the RSVP history. The table keeps its name, so no table is touched.

The content type is renamed with the model, and people who may view, change, … `answer` get the
same permission on `rsvpchange`. The former permissions stay: the previous version of the code,
which may still run on this database, checks them by their names.
"""

from typing import Any

from django.db import migrations

ACTIONS = ("add", "change", "delete", "view")


def copy_permissions(apps: Any, schema_editor: Any) -> None:
    Permission = apps.get_model("auth", "Permission")
    holders = [
        (apps.get_model("accounts", "User").user_permissions.through, "user_id"),
        (apps.get_model("auth", "Group").permissions.through, "group_id"),
    ]
    # On a new database there are none; Django creates those of the new name after migrating.
    for action in ACTIONS:
        former = Permission.objects.filter(
            content_type__app_label="rsvp", codename=f"{action}_answer"
        ).first()
        if former is None:
            continue
        permission, _ = Permission.objects.get_or_create(
            content_type=former.content_type,
            codename=f"{action}_rsvpchange",
            defaults={"name": f"Can {action} RSVP change"},
        )
        for through, column in holders:
            held = through.objects.filter(permission=former).values_list(column, flat=True)
            through.objects.bulk_create(
                [through(permission_id=permission.pk, **{column: pk}) for pk in held],
                ignore_conflicts=True,
            )


class Migration(migrations.Migration):
    dependencies = [
        ("rsvp", "0012_unconfirmed_by_event"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelTable(name="answer", table="rsvp_answer"),
        migrations.RenameModel(old_name="Answer", new_name="RsvpChange"),
        migrations.AlterModelOptions(
            name="rsvpchange", options={"ordering": ["id"], "verbose_name": "RSVP change"}
        ),
        migrations.RunPython(copy_permissions, migrations.RunPython.noop),
    ]
