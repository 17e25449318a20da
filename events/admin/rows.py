"""What the pages of events and of series do alike."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from config.errors import RuleBroken
from events.models import Event, Series
from events.selectors import banner_urls


class OneByOne:
    """Mixin: actions that end or publish rows, each by a service."""

    def one_by_one(
        self, request: HttpRequest, queryset: QuerySet[Any], write: Any, key: str, done: str
    ) -> None:
        """One transaction a row, so that one refusal undoes nothing else."""
        page: Any = self
        count = 0
        for row in queryset.order_by("pk"):
            if row.deleted_at is not None:
                page.message_user(request, f"{row}: deleted already.", messages.ERROR)
                continue
            try:
                with transaction.atomic():
                    write(**{key: row.pk})
                count += 1
            except RuleBroken as refusal:
                page.message_user(request, f"{row}: {refusal}", messages.ERROR)
        if count:
            page.message_user(request, f"{count} {done}.", messages.SUCCESS)


def local(event: Event, moment: datetime) -> str:
    """The time where the event is."""
    return local_in(event.timezone, moment)


def local_in(timezone: str, moment: datetime) -> str:
    shown = moment.astimezone(ZoneInfo(timezone))
    return format_html('<span style="white-space: nowrap">{}</span>', f"{shown:%Y-%m-%d %H:%M %Z}")


def banner(row: Event | Series) -> str:
    urls = banner_urls(row.banner)
    if urls is None:
        return "–"
    return format_html('<img src="{}" width="400" height="200" alt="">', urls["small"])
