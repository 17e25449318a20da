from django.db import migrations, models

PRIORITIES = [
    (0, "account security"),
    (1, "promotion"),
    (2, "receipt"),
    (3, "reminder"),
    (4, "crowd"),
]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_device_by_session")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="priority",
            field=models.SmallIntegerField(choices=PRIORITIES, db_default=2),
        ),
        migrations.AddField(
            model_name="delivery",
            name="priority",
            field=models.SmallIntegerField(choices=PRIORITIES, db_default=2),
        ),
        migrations.AddField(
            model_name="delivery",
            name="is_claimed",
            field=models.BooleanField(
                db_default=False,
                help_text="True while a worker has it; `due_at` is then the end of the claim.",
                verbose_name="claimed",
            ),
        ),
    ]
