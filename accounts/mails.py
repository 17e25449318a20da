"""Messages about an account: verification, password reset, phone codes, security."""

from datetime import timedelta
from typing import Any

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
from notifications.kinds import C, Context, NotificationKind
from notifications.services import Notice, notify

_SECURITY = timedelta(days=3)


def send_verification(address: EmailAddress, *, request_id: str = "") -> None:
    """Send a link that verifies the address, at most once a minute."""
    _send(
        VERIFY_EMAIL,
        AddressContext(address.pk),
        user_id=address.user_id,
        occasion=f"{address.pk} {_minute()}",
        life=timedelta(days=settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS),
        email=address.email,
        request_id=request_id,
    )


def send_reset(user: User, *, request_id: str = "") -> None:
    """Send a link for a new password, at most once a minute, to the address at that time."""
    life = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    _send(
        RESET_PASSWORD,
        Context(),
        user_id=user.pk,
        occasion=_minute(),
        life=life,
        request_id=request_id,
    )


def send_phone_code(user: User) -> None:
    """Send an SMS to the number in the profile at that time, confirmed or not."""
    now = timezone.now().isoformat()
    _send(VERIFY_PHONE, Context(), user_id=user.pk, occasion=now, life=CODE_LIFE)


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
    now = timezone.now().isoformat()
    device = device_name(user_agent)
    data = {"what": what, "detail": detail, "ip": ip, "device": device, "at": now}
    context = SecurityContext.read(data | {"reference": change_id})
    occasion = f"{what} {now}"
    _send(
        ACCOUNT_SECURITY, context, user_id=user_id, occasion=occasion, life=_SECURITY, email=email
    )


def _send(kind: NotificationKind[C], context: C, *, life: timedelta, **fields: Any) -> None:
    useful_until = timezone.now() + life
    notify([Notice(kind=kind, context=context, useful_until=useful_until, **fields)])


def _minute() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H:%M")
