import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.validators


class Migration(migrations.Migration):
    """Add confirmed phone numbers. Existing numbers are not confirmed."""

    dependencies = [("accounts", "0008_user_organizer_revoked_at")]

    operations = [
        migrations.CreateModel(
            name="PhoneCode",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="phone_code",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("phone", models.CharField(max_length=16)),
                ("code_hash", models.CharField(max_length=64)),
                ("expires_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="confirmed_phone",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Number that was confirmed by a code. SMS go to `phone` only if both are equal.",
                max_length=16,
                default="",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="user",
            name="phone",
            field=models.CharField(
                blank=True,
                help_text="Number for SMS once it is confirmed, with country code, such as +49 30 901820.",
                max_length=16,
                validators=[core.validators.validate_phone],
            ),
        ),
    ]
