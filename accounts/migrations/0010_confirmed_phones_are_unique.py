from django.db import migrations, models

from core.database.operations import AddUniqueConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0009_confirmed_phones")]

    operations = [
        AddUniqueConcurrently(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("confirmed_phone", ""), _negated=True),
                fields=("confirmed_phone",),
                name="user_confirmed_phone_unique",
            ),
        ),
    ]
