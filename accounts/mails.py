"""Messages about an account: verification, password reset, phone codes, security."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils import timezone

from accounts.devices import device_name
from accounts.models import User
from accounts.notifications import (
    ACCOUNT_SECURITY,
    RESET_PASSWORD,
    VERIFY_EMAIL,
    VERIFY_PHONE,
    AddressContext,
    SecurityContext,
)
from accounts.phone_codes import CODE_LIFE
from notifications.kinds import Context
from notifications.services import Notice, notify

_SECURITY_DAYS = 3


def send_verification(address: EmailAddress, *, request_id: str = "") -> None:
    """Send a link that verifies the address, at most once a minute."""
    now = timezone.now()
    notify(
        [
            Notice(
                user_id=address.user_id,
                kind=VERIFY_EMAIL,
                occasion=f"{address.pk} {_minute(now)}",
                useful_until=now + timedelta(days=settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS),
                email=address.email,
                context=AddressContext(address.pk),
                request_id=request_id,
            )
        ]
    )


def send_reset(user: User, *, request_id: str = "") -> None:
    """Send a link for a new password, at most once a minute, to the address at that time."""
    now = timezone.now()
    notify(
        [
            Notice(
                user_id=user.pk,
                kind=RESET_PASSWORD,
                context=Context(),
                occasion=_minute(now),
                useful_until=now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
                request_id=request_id,
            )
        ]
    )


def send_phone_code(user: User) -> None:
    """Send an SMS to the number in the profile at that time, confirmed or not."""
    now = timezone.now()
    notify(
        [
            Notice(
                user_id=user.pk,
                kind=VERIFY_PHONE,
                context=Context(),
                occasion=now.isoformat(),
                useful_until=now + CODE_LIFE,
            )
        ]
    )


def send_security(
    *,
    user_id: int,
    what: str,
    detail: str = "",
    ip: str = "",
    user_agent: str = "",
    email: str = "",
    change_id: int = 0,
) -> None:
    """Tell the owner about a change of the account's security.

    `what` is a value of `Change`. `email` is the recipient, if not the person's present address.
    `change_id` is the AddressChange that the mail's link undoes.
    """
    now = timezone.now()
    notify(
        [
            Notice(
                user_id=user_id,
                kind=ACCOUNT_SECURITY,
                occasion=f"{what} {now.isoformat()}",
                useful_until=now + timedelta(days=_SECURITY_DAYS),
                email=email,
                context=SecurityContext.read(
                    {
                        "what": what,
                        "detail": detail,
                        "ip": ip,
                        "device": device_name(user_agent),
                        "at": now.isoformat(),
                        "reference": change_id,
                    }
                ),
            )
        ]
    )


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")
