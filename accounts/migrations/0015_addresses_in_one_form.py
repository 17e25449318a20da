from typing import Any

from django.db import migrations
from django.db.models.functions import Lower

from core.email_addresses import EmailAddressField, canonical_email

_NOT_ASCII = r"[^\x01-\x7f]"


def write_canonical_form(apps: Any, schema_editor: Any) -> None:
    """Write internationalized domains as A-labels.

    An address stays as it is if another account holds the other form of it: both accounts keep
    their sign-ins, and an admin can decide (`canonical_email` is how addresses are looked up).
    """
    user = apps.get_model("accounts", "User")
    for person in user.objects.filter(email__regex=_NOT_ASCII).only("email").iterator():
        address = canonical_email(person.email)
        others = user.objects.annotate(lower=Lower("email")).filter(lower=address)
        if address != person.email and not others.exclude(pk=person.pk).exists():
            user.objects.filter(pk=person.pk).update(email=address)
    _write_proofs(apps)
    change = apps.get_model("accounts", "AddressChange")
    for column in ("old_email", "new_email"):
        for row in change.objects.filter(**{f"{column}__regex": _NOT_ASCII}).iterator():
            address = canonical_email(getattr(row, column))
            change.objects.filter(pk=row.pk).update(**{column: address})


def _write_proofs(apps: Any) -> None:
    """Write allauth's rows, which say what is verified, unless the account's address stays."""
    user = apps.get_model("accounts", "User")
    proof = apps.get_model("account", "EmailAddress")
    for row in proof.objects.filter(email__regex=_NOT_ASCII).iterator():
        address = canonical_email(row.email)
        stays = user.objects.filter(pk=row.user_id, email=row.email).exists()
        of_others = proof.objects.filter(email=address, verified=True).exclude(user=row.user_id)
        if address == row.email or stays or (row.verified and of_others.exists()):
            continue
        double = proof.objects.filter(user=row.user_id, email=address).first()
        if double is None:
            proof.objects.filter(pk=row.pk).update(email=address)
            continue
        proof.objects.filter(pk=row.pk).delete()
        double.verified = double.verified or row.verified
        double.primary = double.primary or row.primary
        double.save(update_fields=["verified", "primary"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_user_display_name"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="email",
            field=EmailAddressField(max_length=254, verbose_name="e-mail address"),
        ),
        migrations.RunPython(write_canonical_form, migrations.RunPython.noop),
    ]
