"""Every person's address becomes a row of allauth's, which knows whether it is verified."""

from django.db import migrations


def add_addresses(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    known = EmailAddress.objects.values("user_id")
    missing = User.objects.exclude(pk__in=known).exclude(email="").values_list("pk", "email")
    rows = (EmailAddress(user_id=pk, email=email, primary=True) for pk, email in missing.iterator())
    EmailAddress.objects.bulk_create(rows, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("accounts", "0004_sessions_of_allauth"),
    ]
    operations = [migrations.RunPython(add_addresses, migrations.RunPython.noop, elidable=True)]
