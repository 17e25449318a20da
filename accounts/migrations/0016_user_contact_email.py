from django.db import migrations

from core.email_addresses import EmailAddressField


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_addresses_in_one_form")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="contact_email",
            field=EmailAddressField(
                blank=True,
                db_default="",
                default="",
                help_text="Address for replies to mails about the person's events. Attendees see it.",
                max_length=254,
                verbose_name="contact address",
            ),
        ),
    ]
