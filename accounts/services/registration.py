"""Create accounts."""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import mails
from accounts.models import User
from core.errors import BadValue


def register(
    *, username: str, email: str, password: str, is_organizer: bool = False, display_name: str = ""
) -> User:
    """Create an account, and mail a link to verify its address.

    Raises BadValue if the name or address was taken at the same moment, or if only admins name
    organizers here.
    """
    if is_organizer and not settings.ORGANIZER_SELF_SIGNUP:
        message = "You can't become an organizer by yourself. Register, then ask an admin."
        raise BadValue("is_organizer", "organizer_signup_closed", message)
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
        raise BadValue(field, "unique", f"Another account already uses this {field}.") from error
    return user
