"""New accounts."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import mails
from accounts.models import User
from core.errors import BadValue


def register(
    *,
    username: str,
    email: str,
    password: str,
    is_organizer: bool = False,
    display_name: str = "",
) -> User:
    """A new account, signed in nowhere yet; a mail asks to verify its address.

    Raises BadValue where two people take one name or address at the same time,
    or where organizers cannot sign themselves up.
    """
    if is_organizer and not settings.ORGANIZER_SELF_SIGNUP:
        raise BadValue(
            "is_organizer", "organizer_signup_closed", "An admin names the organizers here."
        )
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                username=username,
                email=email,
                password=password,
                is_organizer=is_organizer,
                display_name="" if display_name == username else display_name,
            )
            mails.send_verification(EmailAddress.objects.get(user=user))
    except IntegrityError as error:
        field = "email" if "email" in str(error) else "username"
        raise BadValue(field, "unique", f"Somebody has this {field} already.") from error
    return user
