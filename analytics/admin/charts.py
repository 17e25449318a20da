"""Charts: stacked columns for the theme's Chart.js, and bars in plain HTML."""

import json
from calendar import day_name
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from analytics.admin.figures import counted, money, number, percent, stars

_MOST_COLUMNS = 100  # more would be too thin; then days are grouped by week
_GREY = "#7a8290"  # legible on white and on black
_AMOUNTS = {
    "paid": ("Paid", "var(--color-primary-600)"),
    "refunded": ("Refunded", "var(--color-orange-400)"),
    "fees": ("Fees", "var(--color-base-400)"),
}
_STATUSES = {
    "going": ("Going", "var(--color-primary-600)"),
    "waitlisted": ("Waitlisted", "var(--color-orange-400)"),
    "interested": ("Interested", "var(--color-primary-300)"),
    "cancelled": ("Cancelled", "var(--color-base-400)"),
}


@dataclass(frozen=True)
class Chart:
    label: str
    unit: str
    data: str
    options: str
    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Bar:
    name: str
    value: str
    share: float | None
    note: str = ""
    page: str = ""

    @property
    def width(self) -> str:
        """Return the width of the bar in percent, for CSS; empty without a share."""
        return "" if self.share is None else f"{self.share * 100:.2f}"


def rsvps(days: Sequence[dict[str, Any]]) -> Chart | None:
    """Return RSVPs by day, or by week if there are many days; None without RSVPs."""
    if not any(day[name] for day in days for name in _STATUSES):
        return None
    return _by_day("RSVPs", "", days, _STATUSES, number)


def revenue(days: Sequence[dict[str, Any]]) -> list[Chart]:
    """Return a chart for each currency; what goes back is below zero."""
    charts = []
    for currency in days[0]["totals"] if days else ():
        totals = [(day["date"], day["totals"][currency]) for day in days]
        signed = [
            {"date": date, "paid": Decimal(total["paid"])}
            | {name: -Decimal(total[name]) for name in ("refunded", "fees")}
            for date, total in totals
        ]
        net = sum((Decimal(total["net"]) for _, total in totals), Decimal())
        unit = f"{money(net, currency)} net in all; {currency} "
        charts.append(_by_day("Revenue", unit, signed, _AMOUNTS, "{:,f}".format))
    return charts


def _by_day(
    label: str,
    unit: str,
    days: Sequence[dict[str, Any]],
    series: dict[str, tuple[str, str]],
    written: Callable[[Any], str],
) -> Chart:
    """Return stacked columns; `series` has a label and a colour by the name of its values."""
    names = list(series)
    is_weekly = len(days) > _MOST_COLUMNS
    columns = _weeks(days, names) if is_weekly else [(day["date"], day) for day in days]
    labels = [_short(first) for first, _ in columns]
    first_and_last = " – ".join(f"{_short(days[n]['date'])} {days[n]['date']:%Y}" for n in (0, -1))
    datasets = [
        {"label": text, "data": [values[name] for _, values in columns], "backgroundColor": colour}
        for name, (text, colour) in series.items()
    ]
    return Chart(
        label=label,
        # The days drawn may be fewer than the days chosen.
        unit=f"{unit}{'a week' if is_weekly else 'a day'}, {first_and_last}",
        data=json.dumps({"labels": labels, "datasets": datasets}, default=float),
        options=_options(legend=True),
        heads=["Week of" if is_weekly else "Day", *(text for text, _ in series.values())],
        rows=[
            [str(first), *(written(values[name]) for name in names)]
            for first, values in columns
            if any(values[name] for name in names)
        ],
    )


def arrivals(quarters: Sequence[tuple[str, int]]) -> Chart | None:
    """Return people by the quarter of an hour in which they arrived."""
    if not quarters:
        return None
    counts = [count for _, count in quarters]
    colour = "var(--color-primary-600)"
    people = {"label": "People", "data": counts, "backgroundColor": colour}
    return Chart(
        label="Arrivals",
        unit="people a quarter of an hour",
        data=json.dumps({"labels": [at for at, _ in quarters], "datasets": [people]}),
        options=_options(legend=False),
        heads=["From", "People"],
        rows=[[at, number(count)] for at, count in quarters],
    )


def of_stars(ratings: dict[str, Any]) -> list[Bar]:
    if not ratings["count"]:
        return []
    by_stars = sorted(ratings["stars"].items(), reverse=True)
    most = max(count for _, count in by_stars) or 1
    return [Bar("★" * int(star), number(count), count / most) for star, count in by_stars]


def of_ticket_types(rows: Sequence[dict[str, Any]], revenue: Sequence[dict[str, Any]]) -> list[Bar]:
    most = max((row["going"] for row in rows), default=0) or 1
    return [
        Bar(
            name=row["name"],
            value=number(row["going"]),
            share=row["going"] / most,
            note=", ".join(
                [
                    "no limit" if row["quantity"] is None else f"of {number(row['quantity'])}",
                    *(f"{number(row[name])} {name}" for name in ("held", "waiting") if row[name]),
                    *(
                        f"{money(sold['net'], sold['currency'])} revenue"
                        for sold in revenue
                        if sold["id"] == row["id"]
                    ),
                ]
            ),
        )
        for row in rows
    ]


def of_categories(rows: Sequence[dict[str, Any]]) -> list[Bar]:
    names = [row["category"]["name"] if row["category"] else "No category" for row in rows]
    ratings = [row["average_rating"] for row in rows]
    return _per_event(rows, names, [r if r is None else stars(r) for r in ratings])


def of_hours(rows: Sequence[dict[str, Any]]) -> list[Bar]:
    names = [f"{day_name[row['weekday'] - 1]} {row['hour']:02}:00" for row in rows]
    rates = [row["fill_rate"] for row in rows]
    return _per_event(rows, names, [r if r is None else f"{percent(r)} full" for r in rates])


def _per_event(
    rows: Sequence[dict[str, Any]], names: Sequence[str], notes: Sequence[str | None]
) -> list[Bar]:
    """Return bars of people going per event, with the number of events in their notes."""
    most = max((row["going_per_event"] for row in rows), default=0) or 1
    return [
        Bar(
            name=name,
            value=f"{row['going_per_event']:,.1f}".removesuffix(".0"),
            share=row["going_per_event"] / most,
            note=", ".join(filter(None, [counted(row["events"], "event"), note])),
        )
        for row, name, note in zip(rows, names, notes, strict=True)
    ]


def _weeks(
    days: Sequence[dict[str, Any]], names: Sequence[str]
) -> list[tuple[date, dict[str, Any]]]:
    """Group the days by weeks that start on Monday."""
    weeks: dict[date, dict[str, Any]] = {}
    for day in days:
        monday = day["date"] - timedelta(days=day["date"].weekday())
        week = weeks.setdefault(monday, dict.fromkeys(names, 0))
        for name in names:
            week[name] += day[name]
    return list(weeks.items())


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _options(*, legend: bool) -> str:
    ticks = {"color": _GREY, "maxRotation": 0, "autoSkipPadding": 16}
    labels = {
        "color": _GREY, "boxWidth": 6, "boxHeight": 6, "usePointStyle": True,
        "pointStyle": "circle",
    }  # fmt: skip
    x = {"stacked": True, "ticks": ticks, "grid": {"display": False}}
    y = {
        "stacked": True, "beginAtZero": True, "border": {"display": False},
        "ticks": {"color": _GREY, "precision": 0, "maxTicksLimit": 6}, "grid": {"tickWidth": 0},
    }  # fmt: skip
    return json.dumps(
        {
            "animation": False,
            "responsive": True,
            "maintainAspectRatio": False,
            "maxBarThickness": 24,
            "interaction": {"mode": "index", "intersect": False},
            "plugins": {"legend": {"display": legend, "align": "start", "labels": labels}},
            "scales": {"x": x, "y": y},
        }
    )
