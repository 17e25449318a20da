"""E-mail, through the server in EMAIL_URL."""

import smtplib
from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.validators import validate_email

from notifications.channels import DeliveryPostponed, DeliveryRefused, Recipient
from notifications.models import Delivery
from notifications.rendering import mail

UNVERIFIED = "Your e-mail address is not verified."


def is_on() -> bool:
    return True


def recipients(users: Iterable[Any]) -> dict[int, list[Recipient]]:
    """Return the addresses; an unverified one may be a stranger's, so it gets an obstacle."""
    people = [user for user in users if user.email]
    rows = EmailAddress.objects.filter(user__in=[user.pk for user in people], verified=True)
    verified = set(rows.values_list("user_id", "email"))
    return {
        user.pk: [Recipient(user.email, "" if (user.pk, user.email) in verified else UNVERIFIED)]
        for user in people
    }


def send(delivery: Delivery) -> None:
    """Raises DeliveryRefused if the server rejects the recipient or the mail with 5xx.

    If it rejects our sender or login, the operator has to correct that, or a quota is used up. The
    mail then waits, as it does while the server is down.
    """
    try:
        validate_email(delivery.address)
        message = mail(delivery.notification, delivery.address)
        # Not message.send(): that leaves the socket open when the login fails.
        with get_connection() as connection:
            is_sent = connection.send_messages([message])
    except ValidationError as error:
        raise DeliveryRefused(f"This is not an e-mail address: {delivery.address!r}") from error
    except smtplib.SMTPRecipientsRefused as error:
        [(code, text)] = error.recipients.values()  # by the address as it was sent, in punycode
        # 5.7 about a recipient (RFC 3463) mostly means that the server does not relay for us.
        is_final = not _decoded(text).startswith("5.7.")
        raise _error(code, text, is_final=is_final) from error
    except smtplib.SMTPDataError as error:
        raise _error(error.smtp_code, error.smtp_error, is_final=True) from error
    if not is_sent:
        raise smtplib.SMTPException("The mail was not sent, and the mail backend gave no reason.")


def _error(code: int, text: bytes | str, *, is_final: bool) -> Exception:
    error = DeliveryRefused if code >= 500 and is_final else DeliveryPostponed
    return error(f"{code} {_decoded(text)}")


def _decoded(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
