"""Cells and actions that the admin pages of events and series share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from core.admin import Actions, time_cell
from events.exceptions import DeletedAlready
from events.models import Event, Series
from events.selectors import banner_urls


class WritesByService(Actions):
    """Mixin: actions that call a service, with the ID of the row as the argument `service_key`."""

    service_key: str

    def write_each(
        self, request: HttpRequest, rows: QuerySet[Any], service: Callable[..., object], done: str
    ) -> None:
        def write(row: Event | Series) -> None:
            if row.deleted_at is not None:
                raise DeletedAlready
            with transaction.atomic():
                service(**{self.service_key: row.pk})

        self.one_by_one(request, rows.order_by("pk"), write, done)


def local(event: Event, moment: datetime) -> str:
    return local_in(event.timezone, moment)


def local_in(timezone: str, moment: datetime) -> str:
    return time_cell(moment, ZoneInfo(timezone))


def banner(row: Event | Series) -> str:
    urls = banner_urls(row.banner)
    if urls is None:
        return "–"
    return format_html('<img src="{}" width="400" height="200" alt="">', urls["small"])
