"""What people are told about their account, and the links in it.

Links are made when a mail is sent and stand nowhere before: who reads the
outbox can act for nobody.
"""

from datetime import datetime, timedelta
from urllib.parse import quote

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core import signing
from django.utils import timezone

from accounts import selectors
from accounts.devices import device_name
from accounts.models import User
from notifications.models import Kind, Notification
from notifications.services import Notice, notify

_SECURITY_DAYS = 3
_UNDO_SALT = "accounts.undo-email-change"


def ask_to_verify(address: EmailAddress, *, request_id: str = "") -> None:
    """At most one mail a minute to one address."""
    now = timezone.now()
    notify(
        [
            Notice(
                user_id=address.user_id,
                kind=Kind.VERIFY_EMAIL,
                occasion=f"{address.pk} {_minute(now)}",
                useful_until=now + timedelta(days=settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS),
                email=address.email,
                context={"address_id": address.pk},
                request_id=request_id,
            )
        ]
    )


def send_reset(user: User, *, request_id: str = "") -> None:
    """At most one mail a minute, to the address that is theirs when it leaves."""
    now = timezone.now()
    notify(
        [
            Notice(
                user_id=user.pk,
                kind=Kind.RESET_PASSWORD,
                occasion=_minute(now),
                useful_until=now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
                request_id=request_id,
            )
        ]
    )


def send_phone_code(user: User, *, life: timedelta) -> None:
    """Send an SMS to the number in the profile at that time, confirmed or not."""
    now = timezone.now()
    notify(
        [
            Notice(
                user_id=user.pk,
                kind=Kind.VERIFY_PHONE,
                occasion=now.isoformat(),
                useful_until=now + life,
            )
        ]
    )


def tell(
    *,
    user_id: int,
    what: str,
    detail: str = "",
    ip: str = "",
    user_agent: str = "",
    email: str = "",
    change_id: int = 0,
) -> None:
    """Tell the owner that something about the account's security changed.

    `what` is one of the words in the template of `account_security`; `email` is the recipient if
    that is not the person's present address; `change_id`
    is the AddressChange that the mail's link undoes.
    """
    now = timezone.now()
    notify(
        [
            Notice(
                user_id=user_id,
                kind=Kind.ACCOUNT_SECURITY,
                occasion=f"{what} {now.isoformat()}",
                useful_until=now + timedelta(days=_SECURITY_DAYS),
                email=email,
                context={
                    "what": what,
                    "detail": detail,
                    "ip": ip,
                    "device": device_name(user_agent),
                    "at": now.isoformat(),
                    "reference": change_id,
                },
            )
        ]
    )


def undo_link(notification: Notification) -> str:
    """Return the link that undoes a change of the address; empty if there is none (any more)."""
    change_id = notification.context.get("reference")
    if not change_id or not selectors.open_changes().filter(pk=change_id).exists():
        return ""
    return _frontend("undo-email-change", signing.dumps(change_id, salt=_UNDO_SALT))


def change_of_key(key: str) -> int | None:
    """Return the id of the AddressChange that a key of `undo_link` names, None for other keys."""
    try:
        change_id = signing.loads(key, salt=_UNDO_SALT)
    except (signing.BadSignature, ValueError, UnicodeError):
        return None
    return change_id if isinstance(change_id, int) else None


def verification_link(notification: Notification) -> str:
    address = EmailAddress.objects.get(pk=notification.context["address_id"])
    return _frontend("verify-email", EmailConfirmationHMAC(address).key)


def still_unverified(notification: Notification) -> bool:
    waiting = EmailAddress.objects.filter(pk=notification.context["address_id"], verified=False)
    return bool(waiting.exists())


def reset_link(notification: Notification) -> str:
    user = notification.user
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return _frontend("reset-password", key)


def _frontend(page: str, key: str) -> str:
    return f"{settings.FRONTEND_URL}/{page}?key={quote(key, safe='')}"


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")
