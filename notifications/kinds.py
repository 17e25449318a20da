"""Kinds of notifications: each app registers its own, in `AppConfig.ready()`.

docs/architecture/add-a-notification.md shows how.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from email.mime.base import MIMEBase
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar
from zoneinfo import ZoneInfo

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import IntegerChoices, TextChoices

if TYPE_CHECKING:
    from notifications.models import Delivery, Notification


class Channel(TextChoices):
    EMAIL = "email", "e-mail"
    SMS = "sms", "SMS"
    PUSH = "push", "push"


class Priority(IntegerChoices):
    """The order in which messages are planned and sent, the lowest number first.

    Rows of versions without priorities have the priority of a receipt.
    """

    ACCOUNT = 0, "account security"
    PROMOTION = 1, "promotion"
    RECEIPT = 2, "receipt"
    REMINDER = 3, "reminder"
    CROWD = 4, "crowd"


class SmsBudget(NamedTuple):
    """A limit on the SMS of 24 hours, and the reason that skipped ones get."""

    name: str
    key: int | str
    quota: int
    reason: str


@dataclass(frozen=True)
class Context:
    """The data of a notification, from which its texts are made.

    It is stored as JSON and must never hold a key: links and codes are made when a message is
    sent. Other versions of the code read the same rows, so the names of fields never change, and
    a new field has a default.
    """

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Return the stored data as an object; ignores names that this version does not know."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: data[name] for name in names if data.get(name) is not None})

    def as_json(self) -> dict[str, Any]:
        """Return the data to store, without fields that are None."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def words(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return the variables of the templates; `zone` is the reader's time zone."""
        return self.as_json()

    def for_mail(self) -> Self:
        """Return the data with what only mails show, looked up when a mail is rendered."""
        return self

    @property
    def reply_to(self) -> list[str]:
        return []

    @property
    def sms_budgets(self) -> list[SmsBudget]:
        """Return the budgets that an SMS uses, beside those of its number and of all SMS."""
        return []


C = TypeVar("C", bound=Context)


@dataclass(frozen=True)
class NotificationKind(Generic[C]):
    """A kind of notification. Its templates are in `templates/notifications/<name>/` of its app.

    The callables get the notification and its context, right before a message is sent:

    `is_still_true`: false if a later change has replaced the message, which is then skipped.
    `link`: the URL of the button, or the code in an SMS. It can hold a key, so it is never stored.
    `attachment`: a file for the mail, such as a calendar file.
    `picture`: a PNG that the mail shows as `cid:{{ picture }}`.
    """

    name: str
    label: str
    context: type[C]
    priority: Priority = Priority.CROWD
    # On by default; SMS cost money, so only kinds that change somebody's plans have them.
    default_channels: frozenset[Channel] = frozenset({Channel.EMAIL, Channel.PUSH})
    # The one channel of messages about the account. They are always sent: otherwise an attacker
    # with a session could turn off the mails that warn the owner. They also go to addresses that
    # are not verified, ignore quiet hours, and are sent before all others.
    account_channel: Channel | None = None
    is_listed: bool = True  # in the app; false if it is useful only in the mailbox or on the phone
    # The name of a quota in MAIL_LIMITS, or a function that returns one; "" for no quota.
    mail_quota: "str | Callable[[Delivery], str]" = ""
    is_still_true: "Callable[[Notification, C], bool] | None" = None
    link: "Callable[[Notification, C], str] | None" = None
    attachment: "Callable[[Notification, C], MIMEBase | None] | None" = None
    picture: "Callable[[Notification, C], bytes] | None" = None
    position: int = 0  # in lists; kinds with the same position have the order of registration

    @property
    def is_about_account(self) -> bool:
        return self.account_channel is not None

    @property
    def defaults(self) -> dict[str, bool]:
        return {channel.value: channel in self.default_channels for channel in Channel}


_registered: dict[str, NotificationKind[Any]] = {}


class UnknownKindError(LookupError):
    """A row has a kind of another version of the code."""


def register(*kinds: NotificationKind[Any]) -> None:
    for kind in kinds:
        if kind.name in _registered:
            raise ImproperlyConfigured(f"There are two kinds of notifications named {kind.name}.")
        _registered[kind.name] = kind


def get(name: str) -> NotificationKind[Any]:
    """Raises UnknownKindError."""
    try:
        return _registered[name]
    except KeyError as error:
        raise UnknownKindError(name) from error


def all_kinds() -> list[NotificationKind[Any]]:
    """Return the registered kinds in the order of lists."""
    assert apps.ready, "The list is complete only after every app has registered its kinds."
    return sorted(_registered.values(), key=lambda kind: (kind.is_about_account, kind.position))


def switchable() -> list[NotificationKind[Any]]:
    """Return the kinds that people can switch on and off."""
    return [kind for kind in all_kinds() if not kind.is_about_account]


def choices() -> list[tuple[str, str]]:
    """Return names and labels. A migration refers to this function: do not move or rename it."""
    return [(kind.name, kind.label) for kind in all_kinds()]
