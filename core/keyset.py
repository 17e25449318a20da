"""Reads many rows in the order of a key, page by page.

Each page is a query that starts after the last row of the page before, so that its cost does not
grow and no database cursor outlives a transaction (poolers do not allow that). A row whose key
changes meanwhile can come twice or not at all; all others come once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Q, QuerySet

from core.errors import BadValue

PAGE = 1000
_BETWEEN = "~"
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Part:
    """Some rows of a queryset, and the cursor of the next ones."""

    rows: Iterator[Any]
    next: str | None
    is_whole: bool


def part_of(queryset: QuerySet[Any], *names: str, after: str, most: int) -> Part:
    """Return at most `most` rows in the order of these fields, after a cursor ("": from the start).

    The last field is unique. Raises BadValue on `after`.
    """
    ordered = queryset.order_by(*names)
    if after:
        ordered = ordered.filter(_beyond(names, _read(queryset, names, after)))
    # The keys of the last row, and of the next one if there is one.
    ends = list(ordered.values_list(*names)[most - 1 : most + 1])
    next_cursor = _BETWEEN.join(map(_written, ends[0])) if len(ends) == 2 else None
    return Part(_rows(ordered, names, most), next_cursor, not after and next_cursor is None)


def _rows(ordered: QuerySet[Any], names: tuple[str, ...], most: int) -> Iterator[Any]:
    page, left = ordered, most
    while left > 0:
        size = min(PAGE, left)
        rows = list(page[:size])
        yield from rows
        if len(rows) < size:
            return
        left -= size
        page = ordered.filter(_beyond(names, _key(rows[-1], names)))


def _key(row: Any, names: tuple[str, ...]) -> Key:
    if isinstance(row, dict):
        return tuple(row[name] for name in names)
    return tuple(getattr(row, name) for name in names)


def _beyond(names: tuple[str, ...], key: Key) -> Q:
    """Return the condition for rows after a key: `>=` on the first field can use its index."""
    (name, *more), (value, *values) = names, key
    if not more:
        return Q(**{f"{name}__gt": value})
    ties = _beyond(tuple(more), tuple(values))
    return Q(**{f"{name}__gte": value}) & (Q(**{f"{name}__gt": value}) | ties)


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _read(queryset: QuerySet[Any], names: tuple[str, ...], cursor: str) -> Key:
    texts = cursor.split(_BETWEEN)
    fields: list[Any] = [queryset.model._meta.get_field(name) for name in names]
    try:
        return tuple(_clean(field, text) for field, text in zip(fields, texts, strict=True))
    except (ValueError, ValidationError) as error:
        raise BadValue(
            "after", "invalid", "Invalid cursor. Use the one from the Link header."
        ) from error


def _clean(field: Any, text: str) -> Any:
    """Raises ValueError, ValidationError."""
    value: Any = text
    if isinstance(field, DateTimeField):
        value = datetime.fromisoformat(text)
        if value.tzinfo is None:
            raise ValueError("A time without a zone.")
    return field.clean(value, None)
