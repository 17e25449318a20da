from django.db import migrations, models

import core.validators


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_passkey_records")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="display_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The name that others see, in any script. Empty: the username is shown.",
                max_length=100,
                validators=[core.validators.PlainText()],
            ),
        ),
    ]
