from django.db import migrations, models

import notifications.kinds


class Migration(migrations.Migration):
    """Apps register kinds in code, so a new one needs no migration."""

    dependencies = [("notifications", "0008_index_priorities")]

    operations = [
        migrations.RemoveConstraint(model_name="notification", name="notification_kind"),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(choices=notifications.kinds.choices, max_length=20),
        ),
    ]
