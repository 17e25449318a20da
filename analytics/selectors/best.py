"""The fill rates of events, and the best hours and categories."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, F, Sum
from django.db.models.functions import Coalesce

from analytics.selectors.figures import Figures, average, fields_of, rate
from core.validators import zone_or_utc
from events.models import EventQuerySet

MOST_EVENTS = 20
MOST_HOURS = 5
MOST_CATEGORIES = 10
# The latest events; each has its own time zone, so a query cannot group them by local hours.
_EVENTS_READ = 10_000


def fill_by_event(events: EventQuerySet, now: datetime) -> list[Figures]:
    """Return at most 20 events: the next ones first, then the latest."""
    with_tally = events.select_related("tally")
    shown = list(with_tally.filter(start_time__gt=now).order_by("start_time", "pk")[:MOST_EVENTS])
    latest = with_tally.filter(start_time__lte=now).order_by("-start_time", "-pk")
    shown += latest[: MOST_EVENTS - len(shown)]
    return [
        {
            "event": fields_of(event, "id", "title", "start_time", "days", "timezone"),
            "going": event.tally.going,
            "waiting": event.tally.waiting,
            "max_attendees": event.tally.max_attendees,
            "fill_rate": rate(event.tally.going, event.tally.max_attendees or 0),
        }
        for event in shown
    ]


@dataclass
class _Hour:
    events: int = 0
    going: int = 0
    seated: int = 0
    seats: int = 0


def best_hours(events: EventQuerySet) -> list[Figures]:
    """Return the five hours of the week, in each event's time zone, with most people per event."""
    hours: dict[tuple[int, int], _Hour] = defaultdict(_Hour)
    columns = ("start_time", "timezone", "tally__going", "tally__max_attendees")
    latest = events.order_by("-start_time", "-pk")[:_EVENTS_READ]
    for start, zone, going, limit in latest.values_list(*columns):
        local = start.astimezone(zone_or_utc(zone))
        hour = hours[local.isoweekday(), local.hour]
        hour.events += 1
        hour.going += going
        if limit is not None:
            hour.seated += going
            hour.seats += limit
    best = sorted(hours.items(), key=lambda item: (-item[1].going / item[1].events, item[0]))
    return [
        {
            "weekday": weekday,
            "hour": number,
            "events": hour.events,
            "going_per_event": round(hour.going / hour.events, 2),
            "fill_rate": rate(hour.seated, hour.seats),
        }
        for (weekday, number), hour in best[:MOST_HOURS]
    ]


def best_categories(events: EventQuerySet) -> list[Figures]:
    """Return the ten categories with most people per event; None for events without category."""
    columns = ("category__id", "category__name", "category__slug")
    grouped = events.order_by().values(*columns).annotate(
        events=Count("pk"),
        going=Coalesce(Sum("tally__going"), 0),
        going_per_event=Avg("tally__going"),
        stars=Coalesce(Sum("rating__sum"), 0),
        reviews=Coalesce(Sum("rating__count"), 0),
    )  # fmt: skip
    best = grouped.order_by(F("going_per_event").desc(), F("category__name").asc(nulls_last=True))
    return [_category(row) for row in best[:MOST_CATEGORIES]]


def _category(row: dict[str, Any]) -> Figures:
    category = {name: row[f"category__{name}"] for name in ("id", "name", "slug")}
    return {
        "category": category if row["category__id"] is not None else None,
        "events": row["events"],
        "going": row["going"],
        "going_per_event": round(float(row["going_per_event"]), 2),
        "average_rating": average(row["stars"], row["reviews"]),
    }
