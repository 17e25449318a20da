"""Which days a page of numbers is about, in the time zone of whoever looks."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest

from accounts.authentication import signed_in
from analytics.filters import PeriodFilter
from analytics.periods import USUAL_DAYS, Period
from core.errors import BadValue
from core.validators import zone_or_utc
from events.models import Event

_CHOICES = {7: "7 days", 30: "30 days", 90: "90 days", 365: "1 year"}


@dataclass(frozen=True)
class Ranges:
    """What was chosen, and what else may be."""

    period: Period
    items: list[dict[str, Any]]

    @classmethod
    def up_to_today(cls, request: HttpRequest) -> "Ranges":
        """Of the dashboard: so many days up to today, or all there are."""
        return cls._chosen(request, last=_today(request), default=None)

    @classmethod
    def up_to_event(cls, request: HttpRequest, event: Event) -> "Ranges":
        """Of an event: the days that led up to its end, or to today."""
        over = event.end_time.astimezone(zone_of(request)).date()
        return cls._chosen(request, last=min(_today(request), over), default=USUAL_DAYS)

    @classmethod
    def _chosen(cls, request: HttpRequest, *, last: date, default: int | None) -> "Ranges":
        """What cannot be read is told, and the usual days are shown instead."""
        zone = zone_of(request)
        asked = request.GET.get("days", "")
        days = int(asked) if asked in map(str, _CHOICES) else default
        typed = _typed(request)
        period = typed or _last_days(last, days, zone)
        items = [
            {"title": title, "link": f"?days={each}", "active": not typed and each == days}
            for each, title in _CHOICES.items()
        ]
        if default is None:
            all_days = {"title": "All", "link": "?", "active": not typed and days is None}
            items.append(all_days)
        return cls(period, items)

    @property
    def date_from(self) -> str:
        return str(self.period.first or "")

    @property
    def date_to(self) -> str:
        return str(self.period.last or "")

    @property
    def said(self) -> str:
        first, last, zone = self.period.first, self.period.last, self.period.zone
        if not first and not last:
            return f"All days · {zone}"
        return f"{_day(first)} – {_day(last)} · {zone}"


def zone_of(request: HttpRequest) -> ZoneInfo:
    return zone_or_utc(signed_in(request).timezone)


def _typed(request: HttpRequest) -> Period | None:
    """The days that were typed in, as the API reads them; None where none were, or no days."""
    if not (request.GET.get("date_from") or request.GET.get("date_to")):
        return None
    asked = PeriodFilter(request.GET, Event.objects.none())
    try:
        period = asked.period(signed_in(request).timezone) if asked.is_valid() else None
    except BadValue:
        period = None
    if period is None:
        messages.error(request, "Choose a first and a last day, in this order.")
    return period


def _today(request: HttpRequest) -> date:
    return datetime.now(zone_of(request)).date()


def _last_days(last: date, days: int | None, zone: ZoneInfo) -> Period:
    return Period(zone, last - timedelta(days=days - 1), last) if days else Period(zone)


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day else "…"
