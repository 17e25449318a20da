"""All that is stored about a person (GDPR, articles 15 and 20), and never what opens anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db.models import F, QuerySet

from accounts.models import AddressChange, LoginPlace, MailRequest, PhoneCode, User
from accounts.services.pictures import picture_url
from accounts.signals import export_asked
from notifications.selectors import export_of as export_of_notifications

Rows = list[dict[str, Any]]


# For a person with 200,000 events the whole export took 28 s and 1.6 GB.
LONG_TABLE_ROWS = 5000


@dataclass
class Part:
    """A range of ids of the one table in an export that may be long.

    The app that owns the table sets `table`, and sets `next` to the last id if there are more
    rows.
    """

    after: int | None = None
    most: int = LONG_TABLE_ROWS
    table: str = ""
    next: int | None = None

    def of(self, table: str, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of this table that belong to the part, in the order of their ids."""
        self.table = table
        rows = rows.order_by("pk")
        if self.after is not None:
            rows = rows.filter(pk__gt=self.after)
        ends = list(rows.values_list("pk", flat=True)[self.most - 1 : self.most + 1])
        if len(ends) < 2:
            return rows
        self.next = ends[0]
        return rows.filter(pk__lte=self.next)


def export_of(user: User, part: Part | None = None) -> dict[str, Rows]:
    """Rows by their model's label, instants in UTC; a fixed number of queries.

    A part that begins after some row has only the long table.
    """
    part = part or Part()
    document: dict[str, Rows] = {}
    of_floors: list[tuple[Any, Any]] = export_asked.send(sender=User, user=user, part=part)
    for _, of_a_floor in of_floors:
        document |= of_a_floor
    if part.after is not None:
        document = {part.table: document[part.table]}
    else:
        document |= _people(user) | export_of_notifications(user.pk)
    return {label: [_plain(row) for row in rows] for label, rows in sorted(document.items())}


def _people(user: User) -> dict[str, Rows]:
    """Without password, keys and tokens. Whom an admin wrote about is those people's own."""
    addresses = _rows(EmailAddress.objects.filter(user=user), "id", "email", "verified", "primary")
    return {
        "accounts.user": [_person(user)],
        "account.emailaddress": addresses,
        "account.emailconfirmation": _rows(
            EmailConfirmation.objects.filter(email_address__user=user),
            "id", "email_address_id", "created", "sent",
        ),
        "accounts.addresschange": _rows(
            AddressChange.objects.filter(user=user),
            "id", "old_email", "was_verified", "new_email", "asked_at", "undo_until", "closed_at",
        ),
        "accounts.loginplace": _rows(
            LoginPlace.objects.filter(user=user), "id", "last_used_at"
        ),
        "accounts.mailrequest": _rows(
            MailRequest.objects.filter(email=user.email), "id", "purpose", "email", "created_at"
        ),
        "accounts.phonecode": _rows(
            PhoneCode.objects.filter(user=user), "phone", "expires_at", "tries"
        ),
        "admin.logentry": _rows(
            LogEntry.objects.filter(user=user),
            "id", "action_time", "action_flag", "content_type__model", "object_id",
            "change_message",
        ),
        "mfa.authenticator": _rows(
            Authenticator.objects.filter(user=user).annotate(name=F("data__name")),
            "id", "type", "name", "created_at", "last_used_at",
        ),
        "socialaccount.socialaccount": _rows(
            SocialAccount.objects.filter(user=user),
            "id", "provider", "uid", "last_login", "date_joined", "extra_data",
        ),
        "socialaccount.socialtoken": _rows(
            SocialToken.objects.filter(account__user=user), "id", "account_id", "expires_at"
        ),
        "usersessions.usersession": _rows(
            UserSession.objects.filter(user=user),
            "id", "created_at", "last_seen_at", "ip", "user_agent",
        ),
    }  # fmt: skip


def _person(user: User) -> dict[str, Any]:
    columns = [f.attname for f in User._meta.concrete_fields if f.name != "password"]
    mine: dict[str, Any] = User.objects.values(*columns).get(pk=user.pk)
    return mine | {
        "picture_url": picture_url(user),
        "interests": _rows(user.interests.all(), "id", "name"),
        "groups": _rows(user.groups.all(), "id", "name"),
        "user_permissions": _rows(user.user_permissions.all(), "id", "codename"),
    }


def _rows(rows: QuerySet[Any], *fields: str) -> Rows:
    found: Iterable[dict[str, Any]] = rows.order_by("pk").values(*fields)
    return list(found)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _written(value) for name, value in row.items()}


def _written(value: Any) -> Any:
    """Instants as everywhere in the API, with Z; what JSON has no number for as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal) else value
