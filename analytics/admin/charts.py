"""What is drawn: stacked columns for the theme's Chart.js, and bars of plain HTML."""

import json
from calendar import day_name
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from analytics.admin.figures import counted, number, percent, stars

_WEEKLY_FROM_DAYS = 100  # more columns than that are too thin to tell apart
_GREY = "#7a8290"  # legible on white and on black
_ANSWERS = {
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
        """In percent, for CSS; empty where there is nothing to be part of."""
        return "" if self.share is None else f"{self.share * 100:.2f}"


def answers(days: Sequence[dict[str, Any]]) -> Chart | None:
    """Answers by day, or by week where the days are many; None where there are none."""
    names = list(_ANSWERS)
    if not any(day[name] for day in days for name in names):
        return None
    is_weekly = len(days) > _WEEKLY_FROM_DAYS
    columns = _weeks(days, names) if is_weekly else [(day["date"], day) for day in days]
    labels = [_short(first) for first, _ in columns]
    first_and_last = " – ".join(f"{_short(days[n]['date'])} {days[n]['date']:%Y}" for n in (0, -1))
    datasets = [
        {"label": label, "data": [each[name] for _, each in columns], "backgroundColor": colour}
        for name, (label, colour) in _ANSWERS.items()
    ]
    return Chart(
        label="Answers",
        # Of all days, or of many years, only the last are drawn.
        unit=f"{'a week' if is_weekly else 'a day'}, {first_and_last}",
        data=json.dumps({"labels": labels, "datasets": datasets}),
        options=_options(legend=True),
        heads=["Week of" if is_weekly else "Day", *(label for label, _ in _ANSWERS.values())],
        rows=[
            [str(first), *(number(each[name]) for name in names)]
            for first, each in columns
            if any(each[name] for name in names)
        ],
    )


def arrivals(quarters: Sequence[tuple[str, int]]) -> Chart | None:
    """People by the quarter of an hour in which they came."""
    if not quarters:
        return None
    colour = "var(--color-primary-600)"
    people = {
        "label": "People",
        "data": [count for _, count in quarters],
        "backgroundColor": colour,
    }
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
    given = sorted(ratings["stars"].items(), reverse=True)
    most = max(count for _, count in given) or 1
    return [Bar("★" * int(star), number(count), count / most) for star, count in given]


def of_categories(rows: Iterable[dict[str, Any]]) -> list[Bar]:
    rows = list(rows)
    most = max((row["going_per_event"] for row in rows), default=0) or 1
    return [
        Bar(
            name=row["category"]["name"] if row["category"] else "No category",
            value=_mean(row["going_per_event"]),
            share=row["going_per_event"] / most,
            note=", ".join(
                [
                    counted(row["events"], "event"),
                    *([stars(row["average_rating"])] if row["average_rating"] is not None else []),
                ]
            ),
        )
        for row in rows
    ]


def of_hours(rows: Iterable[dict[str, Any]]) -> list[Bar]:
    rows = list(rows)
    most = max((row["going_per_event"] for row in rows), default=0) or 1
    return [
        Bar(
            name=f"{day_name[row['weekday'] - 1]} {row['hour']:02}:00",
            value=_mean(row["going_per_event"]),
            share=row["going_per_event"] / most,
            note=", ".join(
                [
                    counted(row["events"], "event"),
                    *(
                        [f"{percent(row['fill_rate'])} full"]
                        if row["fill_rate"] is not None
                        else []
                    ),
                ]
            ),
        )
        for row in rows
    ]


def _weeks(
    days: Sequence[dict[str, Any]], names: Sequence[str]
) -> list[tuple[date, dict[str, int]]]:
    """Sums from Monday on."""
    weeks: dict[date, dict[str, int]] = {}
    for day in days:
        monday = day["date"] - timedelta(days=day["date"].weekday())
        week = weeks.setdefault(monday, dict.fromkeys(names, 0))
        for name in names:
            week[name] += day[name]
    return list(weeks.items())


def _mean(people: float) -> str:
    return f"{people:,.1f}".removesuffix(".0")


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _options(*, legend: bool) -> str:
    ticks = {"color": _GREY, "maxRotation": 0, "autoSkipPadding": 16}
    return json.dumps(
        {
            "animation": False,
            "responsive": True,
            "maintainAspectRatio": False,
            "maxBarThickness": 24,
            "interaction": {"mode": "index", "intersect": False},
            "plugins": {
                "legend": {
                    "display": legend,
                    "align": "start",
                    "labels": {
                        "color": _GREY,
                        "boxWidth": 6,
                        "boxHeight": 6,
                        "usePointStyle": True,
                        "pointStyle": "circle",
                    },
                }
            },
            "scales": {
                "x": {"stacked": True, "ticks": ticks, "grid": {"display": False}},
                "y": {
                    "stacked": True,
                    "beginAtZero": True,
                    "border": {"display": False},
                    "ticks": {"color": _GREY, "precision": 0, "maxTicksLimit": 6},
                    "grid": {"tickWidth": 0},
                },
            },
        }
    )
