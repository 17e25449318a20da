from django.db import migrations, models

from core.database.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0016_user_contact_email"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                fields=["id"],
                name="user_deactivated",
                condition=models.Q(is_active=False, erased_at=None),
            ),
        ),
    ]
