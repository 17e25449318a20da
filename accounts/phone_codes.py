"""Codes that confirm a phone number. Only a keyed hash of a code is stored."""

import secrets
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import PhoneCode, User

CODE_LIFE = timedelta(minutes=10)


def new_code(user: User) -> str:
    """Return a new code for the number in the profile; it replaces the last one."""
    code = f"{secrets.randbelow(10**6):06}"
    PhoneCode.objects.update_or_create(
        user=user,
        defaults={
            "phone": user.phone,
            "code_hash": code_hash(user.pk, user.phone, code),
            "expires_at": timezone.now() + CODE_LIFE,
            "tries": 0,
        },
    )
    return code


def code_hash(user_id: int, phone: str, code: str) -> str:
    """Return a keyed hash, bound to the person and number: a million codes are quickly tried."""
    return salted_hmac("phone-code", f"{user_id}:{phone}:{code}", algorithm="sha256").hexdigest()
