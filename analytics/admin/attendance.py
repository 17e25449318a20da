"""Live attendance of an event: the people checked in, and the arrivals over time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from analytics.admin.figures import number, percent
from analytics.selectors.days import arrivals
from core import clock
from core.validators import zone_or_utc
from events.models import Event
from rsvp.models import CheckIn
from rsvp.selectors import check_in_window

_LATEST = 12
_QUARTERS = 12
_QUARTER = timedelta(minutes=15)
_MOST_QUARTERS = 4 * 24 * 2


def live_attendance(event: Event) -> dict[str, Any]:
    """Return the texts of the attendance page and of the JSON that refreshes it, in two queries.

    Times are in the time zone of the event.
    """
    tally, zone = event.tally, zone_or_utc(event.timezone)
    share = tally.arrived / tally.going if tally.going else None
    return {
        "clock": _clock(timezone.now(), zone),
        "arrived": number(tally.arrived),
        "going": number(tally.going),
        "missing": number(tally.going - tally.arrived),
        "seats": number(tally.max_attendees),
        "held": number(tally.held),
        "free": number(tally.spots_left),
        "waiting": number(tally.waiting),
        "percent": percent(share),
        "width": f"{(share or 0) * 100:.1f}",
        "latest": [_row(check_in, zone) for check_in in _latest(event)],
        "arrivals": _latest_quarters(event, zone),
    }


def check_in_hours(event: Event) -> str:
    zone = zone_or_utc(event.timezone)
    hours = f"check-in {clock.span(*check_in_window(event), zone)}"
    closed_at = event.tally.check_in_closed_at
    return f"{hours}, closed {clock.written(closed_at, zone)}" if closed_at else hours


def by_quarter(rows: Sequence[dict[str, Any]], zone: ZoneInfo) -> list[tuple[str, int]]:
    """Return the people of each quarter of an hour, also of quarters without people.

    If the arrivals span more than two days, only quarters with people are returned.
    """
    if not rows:
        return []
    counts = {row["at"]: row["people"] for row in rows}
    first, last = min(counts), max(counts)
    steps = (last - first) // _QUARTER
    if steps < _MOST_QUARTERS:
        counts = {at: counts.get(at, 0) for at in (first + n * _QUARTER for n in range(steps + 1))}
    is_one_day = first.astimezone(zone).date() == last.astimezone(zone).date()
    form = "%H:%M" if is_one_day else "%a %H:%M"
    return [(f"{at.astimezone(zone):{form}}", people) for at, people in sorted(counts.items())]


def _latest(event: Event) -> list[CheckIn]:
    check_ins = CheckIn.objects.current().filter(event=event).select_related("rsvp__user")
    return list(check_ins.order_by("-at", "-id")[:_LATEST])


def _row(check_in: CheckIn, zone: ZoneInfo) -> dict[str, str]:
    people = check_in.people
    mark = " (walk-in)" if check_in.rsvp.is_confirmed else " (walk-in, unconfirmed)"
    return {
        "who": check_in.rsvp.user.shown_name + (mark if check_in.is_walk_in else ""),
        "people": f"+{people}" if people > 0 else f"−{-people} undone",
        "at": _clock(check_in.at, zone),
    }


def _latest_quarters(event: Event, zone: ZoneInfo) -> list[dict[str, str]]:
    rows = by_quarter(arrivals(event), zone)[-_QUARTERS:]
    most = max((people for _, people in rows), default=0)
    return [
        {"at": at, "people": number(people), "width": f"{max(people, 0) / max(most, 1) * 100:.1f}"}
        for at, people in rows
    ]


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"
