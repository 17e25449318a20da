"""iCalendar files of events, series and lists of events.

In its own file, in feeds and in mails an event is an independent entry, even if it belongs to a
series. The file of a series has the rule and the differences from it, so that calendars show the
rows (docs/adr/0010).
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from icalendar.enums import STATUS

from core.clock import is_unambiguous
from core.ical.entries import Entry, Rule, calendar, span
from core.text import in_lines, one_line, shorten
from core.validators import zone_or_utc
from events.models import Event, EventQuerySet, Series

LOOKS_BACK = timedelta(days=30)
MOST_ENTRIES = 500  # about a second to write
_MOST_DESCRIPTION = 1000
_LAYOUT = 4  # increase it when feeds change for the same rows, because ETags include it

_STATUSES = {
    Event.Status.DRAFT: STATUS.TENTATIVE,
    Event.Status.PUBLISHED: STATUS.CONFIRMED,
    Event.Status.CANCELLED: STATUS.CANCELLED,
}


def event_uid(event_id: int) -> str:
    """Return the UID of an event in mails, in feeds and in its own file."""
    return f"event-{event_id}@{_host()}"


def series_uid(series_id: int) -> str:
    """Return the UID of a series in its own file, exceptions included."""
    return f"series-{series_id}@{_host()}"


def _host() -> str | None:
    host: str | None = urlsplit(settings.BASE_URL).hostname
    return host


def event_url(event_id: int) -> str:
    """Return the URL of the event's page in the frontend."""
    return f"{settings.FRONTEND_URL}/events/{event_id}"


def coordinates(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def event_file(event: Event) -> bytes:
    return calendar([entry_of(event)])


def series_file(series: Series, rows: Sequence[Event]) -> bytes:
    """Return a series with the rows that the reader can see, soonest first."""
    days_of_rows = {row.series_day for row in rows if row.series_day is not None}
    days = _written_days(series, days_of_rows)
    of_rule, entries = set(days), []
    if days:
        excluded = [day for day in days if day not in days_of_rows]
        entries.append(_master(series, days, excluded=excluded))
    description = _description(series)
    for row in rows:
        if row.series_day is None or row.series_day not in of_rule:
            entries.append(entry_of(row))
        elif not _keeps_time(row, series, row.series_day) or _description(row) != description:
            entries.append(_exception(row, series, row.series_day))
    return calendar(entries, name=one_line(series.title))


def version_of(rows: Iterable[Any], *, name: str = "") -> str:
    """Return an ETag for a file of these rows, without making the file."""
    parts = [_LAYOUT, name, settings.BASE_URL, settings.FRONTEND_URL, settings.DEFAULT_FROM_EMAIL]
    return hashlib.sha256(repr([*parts, *rows]).encode()).hexdigest()[:32]


def listed_version(events: EventQuerySet, *, name: str) -> str:
    """Return the ETag of `listed_feed` with one narrow query."""
    columns = (
        "pk",
        "updated_at",
        "created_by__username",
        "created_by__display_name",
        "category__name",
    )
    return version_of(_in_feeds(events).values_list(*columns), name=name)


def listed_feed(events: EventQuerySet, *, name: str) -> bytes:
    """Return a feed of listed events, soonest first."""
    rows = _in_feeds(events).select_related("category", "created_by")
    return calendar([in_feed(entry_of(row)) for row in rows], name=one_line(name), is_feed=True)


def _in_feeds(events: EventQuerySet) -> EventQuerySet:
    recent = events.not_over(timezone.now() - LOOKS_BACK)
    return recent.order_by("start_time", "pk")[:MOST_ENTRIES]


def in_feed(entry: Entry) -> Entry:
    """Shorten a long description, because feeds are fetched often."""
    return replace(entry, description=shorten(entry.description, _MOST_DESCRIPTION))


def entry_of(event: Event) -> Entry:
    """Return the event as an independent entry."""
    starts_at, ends_at = span(event.start_time, event.end_time, event.days)
    return Entry(
        uid=event_uid(event.pk),
        sequence=event.sequence,
        stamp=event.updated_at,
        changed_at=event.updated_at,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=zone_or_utc(event.timezone),
        url=event_url(event.pk),
        **_description(event),
    )


def _status(row: Event | Series) -> STATUS:
    is_postponed = isinstance(row, Event) and row.is_postponed and not row.is_cancelled
    return STATUS.TENTATIVE if is_postponed else _STATUSES[Event.Status(row.status)]


def _with_link(event: Event | Series) -> str:
    """Return the description after a link to the provider, whose terms require the link."""
    link = getattr(event, "external_url", "")
    return "\n\n".join(filter(None, [link and f"Tickets: {link}", in_lines(event.description)]))


def _description(row: Event | Series) -> dict[str, Any]:
    return {
        "title": one_line(row.title),
        "status": _status(row),
        "location": one_line(row.location),
        "description": _with_link(row),
        "coordinates": coordinates(row.latitude, row.longitude),
        "organizer": row.created_by.shown_name if row.created_by else "",
        "category": row.category.name if row.category else "",
    }


def _written_days(series: Series, days_of_rows: Collection[date]) -> list[date]:
    """Return the days of the rule up to the horizon, which have rows or are excluded.

    A rule without an end that gets no more occurrences ends with its last row.
    """
    days = series.recurrence.days(series.first_day)
    if series.next_day is not None:
        return list(takewhile(series.next_day.__gt__, days))
    if series.recurrence.is_open:
        last = max(days_of_rows, default=date.min)
        return list(takewhile(last.__ge__, days))
    return list(days)


def _master(series: Series, days: Sequence[date], *, excluded: Iterable[date]) -> Entry:
    rule = series.recurrence
    if rule.is_open and series.next_day is None:
        rule = replace(rule, until=days[-1])
    rule = rule.spelled_out(days[0])
    start = _wall(series, days[0])
    return Entry(
        uid=series_uid(series.pk),
        sequence=series.sequence,
        stamp=series.updated_at,
        changed_at=series.updated_at,
        starts_at=start,
        ends_at=start + series.duration,
        zone=series.zone,
        url=f"{settings.FRONTEND_URL}/series/{series.pk}",
        rule=Rule(
            rrule=rule.rrule(zone=series.zone, at=None if series.is_all_day else series.local_time),
            excluded=tuple(_wall(series, day) for day in excluded),
        ),
        **_description(series),
    )


def _exception(row: Event, series: Series, day: date) -> Entry:
    """Return an occurrence that differs from the rule, as part of the entry of the series.

    Its SEQUENCE is the sum of both: it increases with every change, and some programs ignore
    exceptions with a lower SEQUENCE than the series.
    """
    return replace(
        entry_of(row),
        uid=series_uid(series.pk),
        recurrence_id=_wall(series, day),
        sequence=series.sequence + row.sequence,
        stamp=max(series.updated_at, row.updated_at),
    )


def _keeps_time(row: Event, series: Series, day: date) -> bool:
    """Return whether every calendar derives the times of the row from the rule alone.

    Around clock changes they disagree: durations are wall-clock or elapsed time, and times that do
    not exist or exist twice are read in several ways. Then the entry has its own times.
    """
    start = _wall(series, day)
    end = start + series.duration
    if not isinstance(start, datetime):
        return row.days == (start, end - timedelta(days=1))
    is_settled = (
        start.utcoffset() == end.utcoffset() and is_unambiguous(start) and is_unambiguous(end)
    )
    is_settled = is_settled and not row.is_all_day
    return is_settled and (row.start_time, row.end_time) == (start, end)


def _wall(series: Series, day: date) -> Any:
    """Return the local start on that day, which a clock change can skip, or the day itself."""
    if series.is_all_day:
        return day
    return datetime.combine(day, series.local_time, tzinfo=series.zone)
