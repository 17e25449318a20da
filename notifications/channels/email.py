"""E-mail, through the server of EMAIL_URL."""

import smtplib
from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.validators import validate_email

from notifications.channels import NotNow, Reach, Refused
from notifications.models import Delivery
from notifications.rendering import mail

UNVERIFIED = "Your e-mail address is not verified."


def is_on() -> bool:
    return True


def reach(users: Iterable[Any]) -> dict[int, list[Reach]]:
    """Return the addresses; unverified ones may be a stranger's, so they get an obstacle."""
    people = [user for user in users if user.email]
    rows = EmailAddress.objects.filter(user__in=[user.pk for user in people], verified=True)
    verified = set(rows.values_list("user_id", "email"))
    return {
        user.pk: [Reach(user.email, "" if (user.pk, user.email) in verified else UNVERIFIED)]
        for user in people
    }


def send(delivery: Delivery) -> None:
    """Raises Refused where the server says 5xx of the recipient or of the mail itself.

    What it says of our sender or login is our mistake, or a quota: the mail
    waits until that is mended, as it does for a server that is away.
    """
    try:
        validate_email(delivery.address)
        message = mail(delivery.notification, delivery.address)
        # Not message.send(): that leaves the socket open when the login fails.
        with get_connection() as connection:
            taken = connection.send_messages([message])
    except ValidationError as error:
        raise Refused(f"This is no e-mail address: {delivery.address!r}") from error
    except smtplib.SMTPRecipientsRefused as error:
        [answer] = error.recipients.values()  # by the address as it was sent, in punycode
        raise _refusal(*answer, is_final=not _is_ours(answer[1])) from error
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error, is_final=True) from error
    if not taken:
        raise smtplib.SMTPException("The mail was not handed over, and nobody said why.")


def _is_ours(text: bytes | str) -> bool:
    """5.7 at a recipient (RFC 3463) mostly says that the server does not relay for us."""
    return _said(text).startswith("5.7.")


def _refusal(code: int, text: bytes | str, *, is_final: bool) -> Exception:
    return (Refused if code >= 500 and is_final else NotNow)(f"{code} {_said(text)}")


def _said(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
