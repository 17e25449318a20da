"""Export all data about a user (GDPR, articles 15 and 20), without any secrets."""

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


# An export of 200,000 events in one part took 28 s and 1.6 GB.
LONG_TABLE_ROWS = 5000


@dataclass
class Part:
    """A range of ids of the one table in an export that can be long.

    The app that owns the table calls `of`, which sets `table`, and `next` to the last id if there
    are more rows.
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
    """Return rows by their model's label, times in UTC, with a fixed number of queries.

    A part after the first one has only the long table.
    """
    part = part or Part()
    document: dict[str, Rows] = {}
    responses: list[tuple[Any, Any]] = export_asked.send(sender=User, user=user, part=part)
    for _, rows in responses:
        document |= rows
    if part.after is not None:
        document = {part.table: document[part.table]}
    else:
        document |= _people(user) | export_of_notifications(user.pk)
    return {
        label: [{name: _plain(value) for name, value in row.items()} for row in rows]
        for label, rows in sorted(document.items())
    }


def _people(user: User) -> dict[str, Rows]:
    """Return the rows of accounts and allauth, without passwords, keys and tokens.

    The log has the user's own actions only: those on other people are about those people.
    """
    factors = Authenticator.objects.filter(user=user).annotate(name=F("data__name"))
    tables: list[tuple[Any, ...]] = [
        (EmailAddress.objects.filter(user=user), "id", "email", "verified", "primary"),
        (EmailConfirmation.objects.filter(email_address__user=user),
         "id", "email_address_id", "created", "sent"),
        (AddressChange.objects.filter(user=user),
         "id", "old_email", "was_verified", "new_email", "asked_at", "undo_until", "closed_at"),
        (LoginPlace.objects.filter(user=user), "id", "last_used_at"),
        (MailRequest.objects.filter(email=user.email), "id", "purpose", "email", "created_at"),
        (PhoneCode.objects.filter(user=user), "phone", "expires_at", "tries"),
        (LogEntry.objects.filter(user=user),
         "id", "action_time", "action_flag", "content_type__model", "object_id", "change_message"),
        (factors, "id", "type", "name", "created_at", "last_used_at"),
        (SocialAccount.objects.filter(user=user),
         "id", "provider", "uid", "last_login", "date_joined", "extra_data"),
        (SocialToken.objects.filter(account__user=user), "id", "account_id", "expires_at"),
        (UserSession.objects.filter(user=user),
         "id", "created_at", "last_seen_at", "ip", "user_agent"),
    ]  # fmt: skip
    rows = {table.model._meta.label_lower: _rows(table, *fields) for table, *fields in tables}
    return {"accounts.user": [_person(user)], **rows}


def _person(user: User) -> dict[str, Any]:
    columns = [f.attname for f in User._meta.concrete_fields if f.name != "password"]
    row: dict[str, Any] = User.objects.values(*columns).get(pk=user.pk)
    return row | {
        "picture_url": picture_url(user),
        "interests": _rows(user.interests.all(), "id", "name"),
        "groups": _rows(user.groups.all(), "id", "name"),
        "user_permissions": _rows(user.user_permissions.all(), "id", "codename"),
    }


def _rows(rows: QuerySet[Any], *fields: str) -> Rows:
    values: Iterable[dict[str, Any]] = rows.order_by("pk").values(*fields)
    return list(values)


def _plain(value: Any) -> Any:
    """Return times in the notation of the API, with Z, and decimals as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal) else value
