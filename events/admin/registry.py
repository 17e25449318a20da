"""Sections and filters that upper apps add to the admin pages of events.

An app registers its own in `AppConfig.ready()`. Django imports all admin modules before that, and
checks `EventAdmin` with the registered classes afterwards.
"""

from typing import Any

from django.contrib.admin.options import InlineModelAdmin

# `EventAdmin` uses these two lists themselves.
INLINES: list[type[InlineModelAdmin]] = []
LIST_FILTERS: list[Any] = []
_orders: dict[type, int] = {}


def register_inline(inline: type[InlineModelAdmin], *, order: int) -> None:
    """Add a section to the page of an event; sections are shown in ascending order."""
    _orders[inline] = order
    INLINES.append(inline)
    INLINES.sort(key=_orders.__getitem__)


def register_list_filter(list_filter: Any) -> None:
    """Add a filter after those of the list of events itself."""
    LIST_FILTERS.append(list_filter)
