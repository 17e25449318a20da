from django.db import migrations, models

from core.database.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0017_user_deactivated"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                fields=["id"],
                name="user_former_hash",
                condition=models.Q(password__startswith="pbkdf2_sha256$"),
            ),
        ),
    ]
