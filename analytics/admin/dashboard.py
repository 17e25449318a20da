"""The first page of the admin: the numbers of all events, or of one's own."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.authentication import signed_in
from accounts.models import User
from analytics import selectors
from analytics.admin import charts, figures
from analytics.admin.ranges import Ranges
from analytics.admin.scope import next_events, seen_among
from analytics.selectors.figures import fields_of
from core import clock
from core.validators import zone_or_utc
from events.models import Event
from rsvp.selectors import check_in_window

_NEXT = _POPULAR = 6
_FILL = 10
_CATEGORIES = 6


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the dashboard; called by the theme."""
    user = signed_in(request)
    has_events = selectors.events_seen_by(user).exists()
    return {
        **context,
        "title": "Dashboard",
        "next_events": _next_events(user),
        **(_numbers(request, user) if has_events else _nothing(user)),
    }


def _nothing(user: User) -> dict[str, Any]:
    may_add = user.may_organize and user.has_perm("events.add_event")
    return {
        "may_organize": user.may_organize,
        "add_page": reverse("admin:events_event_add") if may_add else "",
    }


def _numbers(request: HttpRequest, user: User) -> dict[str, Any]:
    ranges = Ranges.up_to_today(request)
    numbers = selectors.overview(selectors.events_seen_by(user), ranges.period)
    return {
        "numbers": numbers,
        "scope": "All events" if user.may("view", Event) else "Your events",
        "ranges": ranges,
        "file": f"{reverse('admin:analytics_events')}?{request.GET.urlencode()}",
        "figures": figures.of_overview(numbers),
        "rsvps": charts.rsvps(numbers["answers_per_day"]),
        "revenue": charts.revenue(numbers["revenue"]["per_day"]),
        "stars": charts.of_stars(numbers["ratings"]),
        "fill": [_fill(row) for row in numbers["fill_by_event"][:_FILL]],
        "categories": charts.of_categories(numbers["best_categories"][:_CATEGORIES]),
        "hours": charts.of_hours(numbers["best_hours"]),
        "popular": _popular(user),
    }


def _fill(row: dict[str, Any]) -> charts.Bar:
    event, limit = row["event"], row["max_attendees"]
    waiting = f", {figures.number(row['waiting'])} waiting" if row["waiting"] else ""
    revenue = "".join(
        f", {figures.money(totals['net'], currency)}" for currency, totals in row["revenue"].items()
    )
    return charts.Bar(
        name=event["title"],
        value=_seats(row["going"], limit),
        share=row["fill_rate"],
        note=f"{_start(event)}{waiting}{revenue}",
        page=_event_page(event["id"]),
    )


def _next_events(user: User) -> list[dict[str, str]]:
    now = timezone.now()
    events = next_events(user, now, at_most=_NEXT)
    with_numbers = seen_among(user, (event.pk for event in events))
    return [_next_event(event, now, event.pk in with_numbers) for event in events]


def _next_event(event: Event, now: datetime, has_numbers: bool) -> dict[str, str]:
    tally = event.tally
    start = _start(fields_of(event, "start_time", "timezone", "days"))
    opens_at, _ = check_in_window(event)
    arrived = f"{figures.number(tally.arrived)} arrived"
    if event.has_started(now):
        note = f"On now, {arrived}"
    else:
        note = f"{start}, {arrived}" if opens_at <= now else start
    return {
        "title": event.title,
        "page": _event_page(event.pk) if has_numbers else "",
        "going": _seats(tally.going, tally.max_attendees),
        "note": note,
        "live": reverse("admin:analytics_attendance", args=[event.pk]),
    }


def _popular(user: User) -> list[dict[str, str]]:
    rows = selectors.popular(at_most=_POPULAR)
    with_numbers = seen_among(user, (row["event"]["id"] for row in rows))
    return [
        {
            "title": row["event"]["title"],
            "page": _event_page(row["event"]["id"]) if row["event"]["id"] in with_numbers else "",
            "going": f"{figures.number(row['going_count'])} going",
            "note": _start(row["event"]),
        }
        for row in rows
    ]


def _start(event: dict[str, Any]) -> str:
    """Return the start in the time zone of the event; for an all-day event, its first day."""
    if event["days"]:
        return clock.day(event["days"][0])
    return clock.written(event["start_time"], zone_or_utc(event["timezone"]))


def _event_page(event_id: int) -> str:
    return reverse("admin:analytics_event", args=[event_id])


def _seats(going: int, limit: int | None) -> str:
    return f"{going:,} going" if limit is None else f"{going:,} of {limit:,}"
