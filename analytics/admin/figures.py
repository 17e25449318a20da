"""The cards of a dashboard: label, formatted value and note."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from events.models import Event
from rsvp.attendance import latest_end_after_check_in

NOTHING = "–"


@dataclass(frozen=True)
class Figure:
    name: str
    label: str
    value: str
    note: str = ""


def number(count: int | None) -> str:
    return NOTHING if count is None else f"{count:,}"


def percent(rate: float | None) -> str:
    """Format a share between 0 and 1, rounded to one place."""
    return NOTHING if rate is None else f"{rate * 100:.1f}".removesuffix(".0") + "%"


def stars(average: float | None) -> str:
    return NOTHING if average is None else f"{average:.2f}".rstrip("0").rstrip(".") + " ★"


def counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def money(amount: Decimal | str, currency: str) -> str:
    """Format an amount, such as `1,234.50 EUR`."""
    return f"{Decimal(amount):,f} {currency}"


def of_overview(numbers: dict[str, Any]) -> list[Figure]:
    totals = numbers["totals"]
    unknown = "known once it is over" if totals["arrived"] else "nobody was checked in"
    return [
        Figure("events", "Events", number(numbers["events"]), counted(totals["seats"], "seat")),
        _going(totals),
        Figure("fill", "Fill rate", percent(numbers["fill_rate"]), "of all seats"),
        _waiting(numbers),
        _showed_up(numbers, unknown),
        _rating(numbers["ratings"]),
        _cancelled(numbers),
        _returning("Came again", numbers["returning"]),
    ]


def of_event(numbers: dict[str, Any]) -> list[Figure]:
    totals = numbers["totals"]
    limit = totals["max_attendees"]
    unknown = _why_unknown(numbers)
    room = "no limit" if limit is None else f"{number(totals['spots_left'])} of {limit:,} free"
    return [
        _going(totals),
        Figure("fill", "Fill rate", percent(numbers["fill_rate"]), room),
        _waiting(numbers),
        Figure("arrived", "Arrived", number(totals["arrived"]), f"of {number(totals['going'])}"),
        _showed_up(numbers, unknown),
        _rating(numbers["ratings"]),
        _cancelled(numbers),
        _returning("Been before", numbers["returning"]),
        *_revenue(numbers["revenue"]),
    ]


def _revenue(revenue: dict[str, Any]) -> list[Figure]:
    """Return a card for each currency, because they can't be added."""
    return [
        Figure(
            f"revenue_{currency}",
            "Revenue",
            money(totals["net"], currency),
            ", ".join(
                f"{Decimal(totals[name]):,f} {name}" for name in ("paid", "refunded", "fees")
            ),
        )
        for currency, totals in revenue["totals"].items()
    ]


def _why_unknown(numbers: dict[str, Any]) -> str:
    event, totals = numbers["event"], numbers["totals"]
    if event["status"] == Event.Status.CANCELLED:
        return "it was cancelled"
    if event["end_time"] > latest_end_after_check_in(timezone.now()):
        return "known once it is over"
    return "fewer than half were checked in" if totals["arrived"] else "nobody was checked in"


def _going(totals: dict[str, Any]) -> Figure:
    note = f"{number(totals['interested'])} interested"
    if totals["pending_payment"]:
        note += f", {number(totals['pending_payment'])} held"
    return Figure("going", "Going", number(totals["going"]), note)


def _waiting(numbers: dict[str, Any]) -> Figure:
    joined, promoted = numbers["waitlist"]["joined"], numbers["waitlist"]["promoted"]
    note = f"{number(promoted)} of {number(joined)} parties got seats" if joined else ""
    waiting = number(numbers["totals"]["waitlisted"])
    return Figure("waiting", "Waiting", waiting, note or "nobody had to wait")


def _showed_up(numbers: dict[str, Any], unknown: str) -> Figure:
    """Return the show-up rate of events whose no-shows are known."""
    share = numbers["show_up_rate"]
    note = unknown if share is None else f"{number(numbers['totals']['no_shows'])} did not"
    return Figure("show_up", "Showed up", percent(share), note)


def _rating(ratings: dict[str, Any]) -> Figure:
    count = counted(ratings["count"], "review")
    return Figure("rating", "Rating", stars(ratings["average"]), count)


def _cancelled(numbers: dict[str, Any]) -> Figure:
    people = counted(numbers["totals"]["cancelled"], "person", "people")
    return Figure("cancelled", "Cancelled", percent(numbers["cancellation_rate"]), people)


def _returning(label: str, returning: dict[str, Any]) -> Figure:
    people = counted(returning["people"], "person", "people")
    note = f"{number(returning['returning'])} of {people}"
    return Figure("returning", label, percent(returning["rate"]), note)
