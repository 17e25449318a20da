"""Cells and actions that the admin pages of events and series share."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.html import format_html

from core.admin import time_cell
from events.exceptions import DeletedAlready
from events.models import Event, Series
from events.selectors import banner_urls


def in_transaction(service: Callable[..., object], key: str) -> Callable[[Event | Series], None]:
    """Make an action on one row from a service that takes its ID as `key`.

    The action raises DeletedAlready.
    """

    def write(row: Event | Series) -> None:
        if row.deleted_at is not None:
            raise DeletedAlready
        with transaction.atomic():
            service(**{key: row.pk})

    return write


def local(event: Event, moment: datetime) -> str:
    return local_in(event.timezone, moment)


def local_in(timezone: str, moment: datetime) -> str:
    return time_cell(moment, ZoneInfo(timezone))


def banner(row: Event | Series) -> str:
    urls = banner_urls(row.banner)
    if urls is None:
        return "–"
    return format_html('<img src="{}" width="400" height="200" alt="">', urls["small"])
