"""The numbers on cards: what each is called, how it is written, what stands below it."""

from dataclasses import dataclass
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
    """Of a share between 0 and 1, to one place."""
    return NOTHING if rate is None else f"{rate * 100:.1f}".removesuffix(".0") + "%"


def stars(average: float | None) -> str:
    return NOTHING if average is None else f"{average:.2f}".rstrip("0").rstrip(".") + " ★"


def counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def of_overview(told: dict[str, Any]) -> list[Figure]:
    totals = told["totals"]
    unknown = "known once it is over" if totals["arrived"] else "nobody was checked in"
    return [
        Figure("events", "Events", number(told["events"]), counted(totals["seats"], "seat")),
        _going(totals),
        Figure("fill", "Fill rate", percent(told["fill_rate"]), "of the seats there are"),
        _waiting(told),
        _showed_up(told, unknown),
        _rating(told["ratings"]),
        _cancelled(told),
        _returning("Came again", told["returning"]),
    ]


def of_event(told: dict[str, Any]) -> list[Figure]:
    totals = told["totals"]
    limit = totals["max_attendees"]
    unknown = _why_unknown(told)
    room = "no limit" if limit is None else f"{number(totals['spots_left'])} of {limit:,} free"
    return [
        _going(totals),
        Figure("fill", "Fill rate", percent(told["fill_rate"]), room),
        _waiting(told),
        Figure("arrived", "Arrived", number(totals["arrived"]), f"of {number(totals['going'])}"),
        _showed_up(told, unknown),
        _rating(told["ratings"]),
        _cancelled(told),
        _returning("Been before", told["returning"]),
    ]


def _why_unknown(told: dict[str, Any]) -> str:
    event, totals = told["event"], told["totals"]
    if event["status"] == Event.Status.CANCELLED:
        return "it was cancelled"
    if event["end_time"] > latest_end_after_check_in(timezone.now()):
        return "known once it is over"
    return "fewer than half were checked in" if totals["arrived"] else "nobody was checked in"


def _going(totals: dict[str, Any]) -> Figure:
    interested = f"{number(totals['interested'])} interested"
    return Figure("going", "Going", number(totals["going"]), interested)


def _waiting(told: dict[str, Any]) -> Figure:
    joined, promoted = told["waitlist"]["joined"], told["waitlist"]["promoted"]
    note = f"{number(promoted)} of {number(joined)} parties got a seat" if joined else ""
    waiting = number(told["totals"]["waitlisted"])
    return Figure("waiting", "Waiting", waiting, note or "nobody has had to")


def _showed_up(told: dict[str, Any], unknown: str) -> Figure:
    """Return the show-up rate of events whose no-shows are known."""
    share = told["show_up_rate"]
    note = unknown if share is None else f"{number(told['totals']['no_shows'])} did not"
    return Figure("show_up", "Showed up", percent(share), note)


def _rating(ratings: dict[str, Any]) -> Figure:
    return Figure(
        "rating", "Rating", stars(ratings["average"]), counted(ratings["count"], "review")
    )


def _cancelled(told: dict[str, Any]) -> Figure:
    people = counted(told["totals"]["cancelled"], "person", "people")
    return Figure("cancelled", "Cancelled", percent(told["cancellation_rate"]), people)


def _returning(label: str, returning: dict[str, Any]) -> Figure:
    people = counted(returning["people"], "person", "people")
    note = f"{number(returning['returning'])} of {people}"
    return Figure("returning", label, percent(returning["rate"]), note)
