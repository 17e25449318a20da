"""The days chosen on a page of numbers, in the time zone of the person."""

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
    """The chosen period, and the choices."""

    period: Period
    items: list[dict[str, Any]]

    @classmethod
    def up_to_today(cls, request: HttpRequest) -> "Ranges":
        """Return the ranges of the dashboard: some days up to today, or all days."""
        return cls._chosen(request, last=_today(request), default=None)

    @classmethod
    def up_to_event(cls, request: HttpRequest, event: Event) -> "Ranges":
        """Return the ranges of an event: some days up to its end, or to today."""
        end = event.end_time.astimezone(zone_of(request)).date()
        return cls._chosen(request, last=min(_today(request), end), default=USUAL_DAYS)

    @classmethod
    def _chosen(cls, request: HttpRequest, *, last: date, default: int | None) -> "Ranges":
        """Use the default for invalid days, and show an error for invalid dates."""
        zone = zone_of(request)
        param = request.GET.get("days", "")
        days = int(param) if param in map(str, _CHOICES) else default
        typed = _typed(request)
        period = typed or _last_days(last, days, zone)
        items = [
            {"title": title, "link": f"?days={choice}", "active": not typed and choice == days}
            for choice, title in _CHOICES.items()
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
    def text(self) -> str:
        first, last, zone = self.period.first, self.period.last, self.period.zone
        if not first and not last:
            return f"All days · {zone}"
        return f"{_day(first)} – {_day(last)} · {zone}"


def zone_of(request: HttpRequest) -> ZoneInfo:
    return zone_or_utc(signed_in(request).timezone)


def _typed(request: HttpRequest) -> Period | None:
    """Return the period of the entered dates; None without dates, or if they are invalid."""
    if not (request.GET.get("date_from") or request.GET.get("date_to")):
        return None
    filters = PeriodFilter(request.GET, Event.objects.none())
    try:
        period = filters.period(signed_in(request).timezone) if filters.is_valid() else None
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
