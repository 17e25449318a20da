"""What the pages of events and of series do alike."""

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
    """Return a write of one row by a service that takes its id as `key`. Raises DeletedAlready."""

    def write(row: Event | Series) -> None:
        if row.deleted_at is not None:
            raise DeletedAlready
        with transaction.atomic():
            service(**{key: row.pk})

    return write


def local(event: Event, moment: datetime) -> str:
    """The time where the event is."""
    return local_in(event.timezone, moment)


def local_in(timezone: str, moment: datetime) -> str:
    return time_cell(moment, ZoneInfo(timezone))


def banner(row: Event | Series) -> str:
    urls = banner_urls(row.banner)
    if urls is None:
        return "–"
    return format_html('<img src="{}" width="400" height="200" alt="">', urls["small"])
