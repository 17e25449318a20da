"""The demo data: people, categories, tags, venues, events and review texts from `demo/data/`."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Literal

import yaml
from django.utils.text import slugify

from events.models import RefundPolicy

_DATA = Path(__file__).with_name("data")


@dataclass(frozen=True)
class DemoCategory:
    name: str
    slug: str
    description: str


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    bio: str = ""


@dataclass(frozen=True)
class Venue:
    name: str
    address: str
    latitude: float
    longitude: float

    @property
    def location(self) -> str:
        return f"{self.name}, {self.address}"


@dataclass(frozen=True)
class DemoEvent:
    """An entry of the demo calendar.

    `day` counts from today (1 to 42), and `start` is local time in Europe/Berlin. The days are
    planned as if today were a Monday, so the weekends are 5, 6, 12, 13 and so on. The texts name no
    weekday, date or season, so that they suit any day.

    With a `recurrence` (RFC 5545) the entry is a series, and attendees join its first occurrence.

    `demand` is the number of people who want to attend, as a share of `max_attendees`. Above 1 the
    event is full and has a waitlist. Without a limit, `demand` * 40 people want to attend.

    `tickets` and `codes` are arguments of the services that add ticket types and codes, except that
    codes unlock types by their names.
    """

    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    venue: Venue
    organizer: str
    day: int
    start: time
    minutes: int
    demand: float
    max_attendees: int | None = None
    status: Literal["published", "draft", "cancelled"] = "published"
    recurrence: str = ""
    refund_policy: RefundPolicy = RefundPolicy.NONE
    tickets: tuple[dict[str, Any], ...] = ()
    codes: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class ReviewTexts:
    """Comments by stars, additions of satisfied people by category, and texts of the staff."""

    comments: dict[int, list[str]]
    details: dict[str, list[str]]
    thanks: list[str]
    apologies: list[str]
    advertisement: str
    reason_for_hiding: str


def _read(path: Path) -> Any:
    return yaml.load(path.read_bytes(), yaml.CSafeLoader)


def _event(category: str, entry: dict[str, Any]) -> DemoEvent:
    return DemoEvent(
        **entry
        | {
            "category": category,
            "tags": tuple(entry["tags"]),
            "tickets": tuple(entry.get("tickets", ())),
            "codes": tuple(entry.get("codes", ())),
            "venue": _VENUES[entry["venue"]],
            "start": time.fromisoformat(entry["start"]),
        }
    )


def _occasional_attendees() -> tuple[Person, ...]:
    """Make four people for each regular: the same first name, and the last name of another."""
    last_names = [person.last_name for person in PEOPLE]
    people = []
    for number, person in enumerate(PEOPLE):
        for step in (7, 19, 31, 43):
            last_name = last_names[(number + step) % len(PEOPLE)]
            username = slugify(f"{person.first_name} {last_name}")
            people.append(Person(username, person.first_name, last_name))
    return tuple(people)


_people = _read(_DATA / "people.yaml")
ORGANIZERS = tuple(Person(**person) for person in _people["organizers"])
PEOPLE = tuple(Person(**person) for person in _people["attendees"])
PASSERS_BY = _occasional_attendees()
CATEGORIES = tuple(DemoCategory(**category) for category in _read(_DATA / "categories.yaml"))
TAGS: dict[str, str] = _read(_DATA / "tags.yaml")
VENUES = tuple(Venue(**venue) for venue in _read(_DATA / "venues.yaml"))
REVIEWS = ReviewTexts(**_read(_DATA / "reviews.yaml"))
_VENUES = {venue.name: venue for venue in VENUES}
EVENTS = tuple(
    sorted(
        (
            _event(category.slug, entry)
            for category in CATEGORIES
            for entry in _read(_DATA / "events" / f"{category.slug}.yaml")
        ),
        key=lambda event: (event.day, event.start, event.title),
    )
)
