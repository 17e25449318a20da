from django.db import migrations, models

from core.database.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0005_device_session")]

    operations = [
        AddIndexConcurrently(
            model_name="device",
            index=models.Index(fields=["session"], name="device_by_session"),
        ),
    ]
