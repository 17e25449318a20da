"""The notifications about accounts, and their links.

Links hold keys, so they are made when a message is sent: nobody who reads the outbox or its
backup can use them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote
from zoneinfo import ZoneInfo

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core import signing
from django.db.models import TextChoices

from accounts import selectors
from accounts.phone_codes import new_code
from core import clock
from core.links import defang, without_links
from core.text import one_line, shorten
from notifications.kinds import Channel, Context, NotificationKind, Priority
from notifications.models import Delivery, Notification

_UNDO_SALT = "accounts.undo-email-change"


class Change(TextChoices):
    """A change of an account's security, and the sentence that tells its owner."""

    PASSWORD_CHANGED = "password_changed", "Your password was changed"
    PASSWORD_RESET = "password_reset", "Your password was reset"
    EMAIL_CHANGE_ASKED = "email_change_asked", "A change of your e-mail address was requested"
    EMAIL_CHANGED = "email_changed", "Your e-mail address was changed"
    EMAIL_CHANGE_UNDONE = "email_change_undone", "The change of your e-mail address was undone"
    SECOND_FACTOR_ON = "second_factor_on", "Your second factor was turned on"
    SECOND_FACTOR_OFF = "second_factor_off", "Your second factor was turned off"
    RECOVERY_CODES_NEW = "recovery_codes_new", "New recovery codes were created"
    PASSKEY_ADDED = "passkey_added", "A passkey was added"
    PASSKEY_COPIED = (
        "passkey_copied",
        "A login was refused, because its passkey may be a copy of yours",
    )
    PASSKEY_REMOVED = "passkey_removed", "A passkey was removed"
    PHONE_TAKEN = (
        "phone_taken",
        "Another account has confirmed your phone number, so you get no more SMS on it",
    )
    PROVIDER_LINKED = "provider_linked", "A login with another service was added"
    PROVIDER_UNLINKED = "provider_unlinked", "A login with another service was removed"
    SESSIONS_ENDED_TOKEN_REUSE = (
        "sessions_ended_token_reuse",
        "An old refresh token was used again, so that session was ended",
    )


@dataclass(frozen=True)
class SecurityContext(Context):
    """`detail` is the new address, the passkey's name or the provider.

    `reference` is the ID of the AddressChange that the link of the mail undoes.
    """

    what: Change
    at: datetime
    detail: str = ""
    ip: str = ""
    device: str = ""
    reference: int | None = None

    @classmethod
    def read(cls, data: Any) -> Self:
        """Raises KeyError or ValueError if `what` or `at` is missing or wrong.

        People and their browsers write the other values, which can be long and hostile. They are
        stored as they are shown, without what PostgreSQL refuses (NUL, half a character).
        """
        at = datetime.fromisoformat(data["at"])
        if at.tzinfo is None:
            raise ValueError("`at` needs an offset, because machines have different time zones.")
        return cls(
            what=Change(data["what"]),
            at=at,
            detail=shorten(one_line(data.get("detail") or ""), 320),
            ip=shorten(one_line(data.get("ip") or ""), 45),
            device=shorten(one_line(data.get("device") or ""), 120),
            reference=int(data.get("reference") or 0) or None,
        )

    def as_json(self) -> dict[str, Any]:
        return super().as_json() | {"what": self.what.value, "at": self.at.isoformat()}

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        origin = ", ".join(filter(None, (self.ip, defang(self.device))))
        when = clock.full(self.at, zone)
        return {
            "sentence": self._sentence(defang(self.detail)),
            "short_sentence": self._sentence(shorten(defang(self.detail), 80)),
            # Without the detail if it is a link, such as a new address.
            "safe_sentence": self._sentence(shorten(without_links(self.detail), 80)),
            "when": f"{when}, from {origin}" if origin else when,
            # The change was undone by a link, without a login: a new password must follow.
            "is_undone": self.what == Change.EMAIL_CHANGE_UNDONE,
            # A link for a new password would go to the new address.
            "is_new_address": self.what == Change.EMAIL_CHANGED,
            # Nobody accessed this account.
            "is_phone_taken": self.what == Change.PHONE_TAKEN,
            "reset_url": f"{settings.FRONTEND_URL}/reset-password",
        }

    def _sentence(self, detail: str) -> str:
        if not detail:
            return self.what.label
        return f"{self.what.label}{' to' if self.what == Change.EMAIL_CHANGED else ':'} {detail}"


@dataclass(frozen=True)
class AddressContext(Context):
    address_id: int


def verification_link(notification: Notification, context: AddressContext) -> str:
    address = EmailAddress.objects.get(pk=context.address_id)
    return _frontend("verify-email", EmailConfirmationHMAC(address).key)


def is_unverified(notification: Notification, context: AddressContext) -> bool:
    return bool(EmailAddress.objects.filter(pk=context.address_id, verified=False).exists())


def reset_link(notification: Notification, context: Context) -> str:
    user = notification.user
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    return _frontend("reset-password", key)


def undo_link(notification: Notification, context: SecurityContext) -> str:
    """Return the link that undoes a change of the address; empty if it can't be undone."""
    change_id = context.reference
    if not change_id or not selectors.open_changes().filter(pk=change_id).exists():
        return ""
    return _frontend("undo-email-change", signing.dumps(change_id, salt=_UNDO_SALT))


def change_of_key(key: str) -> int | None:
    """Return the ID of the AddressChange in a key of `undo_link`; None for other keys."""
    try:
        change_id = signing.loads(key, salt=_UNDO_SALT)
    except (signing.BadSignature, ValueError, UnicodeError):
        return None
    return change_id if isinstance(change_id, int) else None


def _frontend(page: str, key: str) -> str:
    return f"{settings.FRONTEND_URL}/{page}?key={quote(key, safe='')}"


def _verification_quota(delivery: Delivery) -> str:
    """Count new addresses apart: changes to a stranger's must not block their registration."""
    is_own = delivery.address == delivery.notification.user.email
    return "verification" if is_own else "verification:change"


def _security_quota(delivery: Delivery) -> str:
    """Return no quota for a verified or a former address.

    Otherwise an attacker would use up the quota first, and then take the account without a warning.
    """
    notification = delivery.notification
    verified = EmailAddress.objects.filter(
        user=notification.user_id, email=delivery.address, verified=True
    )
    return "" if notification.email or verified.exists() else "security"


VERIFY_EMAIL = NotificationKind(
    "verify_email",
    "Verify your e-mail address",
    AddressContext,
    priority=Priority.ACCOUNT,
    account_channel=Channel.EMAIL,
    is_listed=False,
    mail_quota=_verification_quota,
    is_still_true=is_unverified,
    link=verification_link,
)
VERIFY_PHONE = NotificationKind(
    "verify_phone",
    "Confirm your phone number",
    Context,
    priority=Priority.ACCOUNT,
    account_channel=Channel.SMS,
    is_listed=False,
    link=lambda notification, context: new_code(notification.user),
)
RESET_PASSWORD = NotificationKind(
    "reset_password",
    "Reset your password",
    Context,
    priority=Priority.ACCOUNT,
    account_channel=Channel.EMAIL,
    is_listed=False,
    mail_quota="reset",
    link=reset_link,
)
ACCOUNT_SECURITY = NotificationKind(
    "account_security",
    "Security of your account",
    SecurityContext,
    priority=Priority.ACCOUNT,
    account_channel=Channel.EMAIL,
    mail_quota=_security_quota,
    link=undo_link,
)
KINDS: list[NotificationKind[Any]] = [VERIFY_EMAIL, VERIFY_PHONE, RESET_PASSWORD, ACCOUNT_SECURITY]
