"""Numbers of events as a CSV file, one row per event."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from analytics.periods import Period
from analytics.selectors.figures import average, rate
from core.csv_files import csv_file
from core.keyset import PAGE, part_of
from core.validators import zone_or_utc
from events.models import Event, EventQuerySet
from payments.selectors import Totals, totals_by_event
from rsvp.attendance import no_shows_are_known

_HEADER = [
    "id", "title", "starts", "status", "category", "organizer", "going", "interested", "waiting",
    "max_attendees", "fill_rate", "arrived", "no_shows", "average_rating", "review_count",
    "currency", "paid", "refunded", "fees", "net",
]  # fmt: skip
# Read without models, which would be most of the cost for 100,000 events.
_COLUMNS = [
    "id", "title", "start_time", "timezone", "status", "category__name",
    "created_by__username", "tally__going", "tally__interested", "tally__waiting",
    "tally__max_attendees", "tally__arrived", "tally__has_ticket_types", "rating__sum",
    "rating__count",
]  # fmt: skip


def event_file(
    request: HttpRequest, events: EventQuerySet, period: Period, *, after: str = ""
) -> StreamingHttpResponse:
    """Return the events that start in the period, by their start, at most EXPORT_ROWS.

    People include guests; cancelled events have no rates and no no-shows. Times are in the event's
    time zone. Amounts of an event that was paid in several currencies are in one cell, in the order
    of the currencies: `EUR; USD`, `25.00; 10.00`. Raises BadValue on `after`, and Busy.
    """
    is_known = no_shows_are_known(timezone.now())
    chosen = period.starting(events).annotate(has_no_shows=is_known)
    rows = chosen.values(*_COLUMNS, "has_no_shows")
    part = part_of(rows, "start_time", "id", after=after, most=settings.EXPORT_ROWS)
    url = request.build_absolute_uri()
    return csv_file(_HEADER, _rows(part.rows), name="events", part=part, url=url)


def _rows(events: Iterator[dict[str, Any]]) -> Iterator[list[Any]]:
    """Read the revenue of as many events at once as are read of the events."""
    while page := list(islice(events, PAGE)):
        ids = [event["id"] for event in page if event["tally__has_ticket_types"]]
        totals = totals_by_event(ids) if ids else {}
        for event in page:
            yield [*_row(event), *_revenue(totals.get(event["id"], {}))]


def _revenue(totals: Totals) -> list[Any]:
    names = ("paid", "refunded", "fees", "net")
    if len(totals) == 1:
        [(currency, money)] = totals.items()
        return [currency, *(Decimal(money[name]) for name in names)]
    columns = (totals, *([money[name] for money in totals.values()] for name in names))
    return ["; ".join(column) for column in columns]


def _row(event: dict[str, Any]) -> list[Any]:
    going, arrived = event["tally__going"], event["tally__arrived"]
    limit, reviews = event["tally__max_attendees"], event["rating__count"]
    is_cancelled = event["status"] == Event.Status.CANCELLED
    return [
        event["id"], event["title"],
        event["start_time"].astimezone(zone_or_utc(event["timezone"])),
        event["status"], event["category__name"] or "", event["created_by__username"] or "",
        going, event["tally__interested"], event["tally__waiting"], limit,
        rate(going, limit) if limit and not is_cancelled else None,
        arrived, going - arrived if event["has_no_shows"] else None,
        average(event["rating__sum"], reviews), reviews,
    ]  # fmt: skip
