"""E-mail, through the server in EMAIL_URL."""

import smtplib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
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


@contextmanager
def sender() -> Iterator[Callable[[Delivery], None]]:
    """Yield a function that sends mails over one connection, which the first mail opens."""
    connection = get_connection()
    try:
        yield partial(send, connection=connection)
    finally:
        with suppress(OSError):  # the mails were accepted, or failed, before
            connection.close()


def send(delivery: Delivery, *, connection: BaseEmailBackend) -> None:
    """Raises DeliveryRefused if the server rejects the recipient or the mail with 5xx.

    If it rejects our sender or login, the operator has to correct that, or a quota is used up. The
    mail then waits, as it does while the server is down.
    """
    try:
        validate_email(delivery.address)
        message = mail(delivery.notification, delivery.address)
        is_sent = _send_over(connection, message)
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


def _send_over(connection: BaseEmailBackend, message: EmailMessage) -> int:
    """Send over the connection, which is opened if need be; return the number of sent mails.

    Many servers take only some mails over one connection: they close it, or answer 421 to the next
    mail. That mail goes over a new connection at once.
    """
    is_reused = _is_ready(connection)
    if not is_reused:
        _open(connection)
    try:
        return connection.send_messages([message])
    except smtplib.SMTPSenderRefused as error:
        if not (is_reused and error.smtp_code == 421):
            raise
    _open(connection)
    return connection.send_messages([message])


def _is_ready(connection: BaseEmailBackend) -> bool:
    """Return whether the connection is open. RSET tells without a mail at risk."""
    smtp = getattr(connection, "connection", None)  # None also for backends without SMTP
    try:
        return smtp is not None and smtp.rset()[0] == 250
    except OSError:
        return False


def _open(connection: BaseEmailBackend) -> None:
    connection.close()  # what the server has closed
    try:
        connection.open()
    except BaseException:
        connection.close()  # after a failed login it would be used without one
        raise


def _error(code: int, text: bytes | str, *, is_final: bool) -> Exception:
    error = DeliveryRefused if code >= 500 and is_final else DeliveryPostponed
    return error(f"{code} {_decoded(text)}")


def _decoded(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
